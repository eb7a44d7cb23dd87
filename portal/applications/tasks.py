"""What happens to applications by the clock."""

from celery import shared_task

from portal.applications import actions
from portal.opportunities.enums import AllocationRule
from portal.opportunities.models import Opportunity


@shared_task
def lapse_offers() -> int:
    """Let offers lapse whose time has passed; the next in line is offered the place at once."""
    return actions.lapse_offers()


@shared_task
def close_due_rounds() -> int:
    """Close the listings whose closing time has passed and commit to the entries of their draws."""
    due = Opportunity.objects.due_to_close().filter(
        allocation_rule__in=[AllocationRule.DRAW, AllocationRule.DRAW_WITH_SHARES],
    )
    for opportunity in due:
        actions.close_round(by=None, opportunity=opportunity)
    return len(due)


@shared_task
def publish_missing_draws() -> int:
    """Publish draw records that a crash between the two databases left behind."""
    return actions.publish_missing_draws()
