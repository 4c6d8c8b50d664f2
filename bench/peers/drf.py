"""Django REST framework: ModelSerializer and generic views, PyJWT, psycopg 3 with persistent connections."""

import os
import time
import uuid
from urllib.parse import urlsplit

import django
from django.conf import settings

dsn = urlsplit(os.environ["BENCH_DSN"])
settings.configure(
    DEBUG=False,
    SECRET_KEY=os.environ["BENCH_SECRET"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bench.peers.drf",
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": dsn.hostname,
            "PORT": dsn.port,
            "USER": dsn.username,
            "NAME": dsn.path[1:],
            "CONN_MAX_AGE": 600,
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["bench.peers.drf_auth.JWTAuth"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.contrib.postgres.fields import ArrayField  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import Http404  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class Member(models.Model):
    project_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    role = models.CharField(max_length=10)

    class Meta:
        app_label, db_table, managed = "bench", "tasks_member", False


class Task(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project_id = models.UUIDField()
    parent_id = models.UUIDField(null=True)
    title = models.CharField(max_length=500)
    notes = models.TextField(default="", blank=True)
    status = models.CharField(max_length=10, default="todo", choices=[(x, x) for x in ("todo", "doing", "done")])
    priority = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    due_zone = models.CharField(max_length=60, null=True)
    tags = ArrayField(models.CharField(max_length=50), default=list)
    position = models.CharField(max_length=300)
    assignee_id = models.UUIDField(null=True)
    recurrence = models.CharField(max_length=200, null=True)
    completed_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    created_by = models.UUIDField(null=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label, db_table, managed = "bench", "tasks_task", False


WRITABLE = ["title", "notes", "status", "priority"]


class TaskSerializer(serializers.ModelSerializer):
    priority = serializers.IntegerField(min_value=0, max_value=4, default=0)

    class Meta:
        model = Task
        fields = [field.name for field in Task._meta.fields]
        read_only_fields = [field.name for field in Task._meta.fields if field.name not in WRITABLE]


def mine(request):
    of_me = Member.objects.filter(user_id=request.user.id)
    return Task.objects.filter(deleted_at=None, project_id__in=of_me.values("project_id"))


class Tasks(generics.ListCreateAPIView):
    serializer_class = TaskSerializer

    def get_queryset(self):
        return mine(self.request).filter(project_id=self.kwargs["project"]).order_by("position", "id")[:20]

    def perform_create(self, serializer):
        project, me = self.kwargs["project"], self.request.user.id
        if not Member.objects.filter(project_id=project, user_id=me, role__in=["owner", "editor"]).exists():
            raise Http404
        serializer.save(project_id=project, created_by=me, position=f"z{time.time_ns()}")


class OneTask(generics.RetrieveAPIView):
    serializer_class = TaskSerializer

    def get_queryset(self):
        return mine(self.request)


urlpatterns = [path("projects/<uuid:project>/tasks", Tasks.as_view()), path("tasks/<uuid:pk>", OneTask.as_view())]
app = get_wsgi_application()
