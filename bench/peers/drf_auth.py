"""DRF's authentication by the peers' JWT; no look-up of the user."""

import os
import uuid

import jwt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed


class Person:
    is_authenticated = True

    def __init__(self, user_id: uuid.UUID):
        self.id = user_id


class JWTAuth(BaseAuthentication):
    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header.startswith("Bearer "):
            return None
        try:
            return Person(uuid.UUID(jwt.decode(header[7:], os.environ["BENCH_SECRET"], algorithms=["HS256"])["sub"])), None
        except jwt.PyJWTError:
            raise AuthenticationFailed from None

    def authenticate_header(self, request):
        return "Bearer"
