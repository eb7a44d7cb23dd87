"""What happens to applications by the clock."""

from celery import shared_task

from portal.applications import actions, reminders
from portal.applications.messages import tell_applicant, tell_host, tell_team
from portal.applications.models import Draw
from portal.opportunities.enums import AllocationRule, OpportunityState
from portal.opportunities.models import Opportunity

__all__ = ["tell_applicant", "tell_host", "tell_team"]  # Celery finds tasks in the modules of this name


@shared_task
def lapse_offers() -> int:
    """Let offers lapse whose time has passed; the next in line is offered the place at once."""
    return actions.lapse_offers()


@shared_task
def close_due_rounds() -> int:
    """Close the listings whose closing time has passed, and finish what a crash left half closed."""
    due = list(Opportunity.objects.due_to_close().exclude(allocation_rule=AllocationRule.OPEN_TO_ALL))
    closed = Opportunity.objects.filter(
        state=OpportunityState.CLOSED,
        allocation_rule__in=[AllocationRule.DRAW, AllocationRule.DRAW_WITH_SHARES],
    ).in_bulk(field_name="reference")
    committed = Draw.objects.filter(opportunity_reference__in=list(closed))
    for reference in committed.values_list("opportunity_reference", flat=True):
        del closed[reference]
    due += closed.values()
    for opportunity in due:
        actions.close_round(by=None, opportunity=opportunity)
    return len(due)


@shared_task
def end_rounds() -> int:
    """Finish rounds that have begun, give up on those long overdue, and forget what a crash left of ended ones."""
    return actions.finish_due() + actions.give_up_overdue() + actions.forget_what_is_left()


@shared_task
def publish_missing_draws() -> int:
    """Publish draw records that a crash between the two databases left behind."""
    return actions.publish_missing_draws()


@shared_task
def send_reminders() -> int:
    """Send the reminders that are due, each once."""
    return reminders.send_due()
