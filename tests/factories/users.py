"""People for tests."""

from __future__ import annotations

from typing import Any

import factory
from django.contrib.auth.models import Group

from portal.users.models import User

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory):
    """A person who may sign in; ``groups=["Editors"]`` puts them in groups, made when missing."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.org")
    first_name = factory.Faker("first_name", locale="en_GB")
    last_name = factory.Faker("last_name", locale="en_GB")

    class Params:
        administrator = factory.Trait(is_staff=True, is_superuser=True)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(*args, **{"password": PASSWORD, **fields})

    @factory.post_generation
    def groups(self, create: bool, names: list[str] | None, **_options: Any) -> None:
        """Put the person in the named groups."""
        if create and names:
            self.groups.set([Group.objects.get_or_create(name=name)[0] for name in names])
