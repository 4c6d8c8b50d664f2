"""FastAPI with async SQLAlchemy, as its documentation writes it."""

import datetime as dt
import os
import time
import uuid
from typing import Annotated, Literal

import jwt
import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["BENCH_DSN"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
bearer = HTTPBearer()


class Base(DeclarativeBase):
    type_annotation_map = {dt.datetime: sa.DateTime(timezone=True)}


class Member(Base):
    __tablename__ = "tasks_member"
    project_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[str]


class Task(Base):
    __tablename__ = "tasks_task"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    project_id: Mapped[uuid.UUID]
    parent_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    notes: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="todo")
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    due_at: Mapped[dt.datetime | None]
    due_zone: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.String), default=list)
    position: Mapped[str]
    assignee_id: Mapped[uuid.UUID | None]
    recurrence: Mapped[str | None]
    completed_at: Mapped[dt.datetime | None]
    deleted_at: Mapped[dt.datetime | None]
    created_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    __mapper_args__ = {"eager_defaults": True}


class TaskIn(BaseModel):
    title: str = Field(min_length=1, max_length=500)
    notes: str = Field("", max_length=20_000)
    status: Literal["todo", "doing", "done"] = "todo"
    priority: int = Field(0, ge=0, le=4)


class TaskOut(TaskIn):
    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    project_id: uuid.UUID
    parent_id: uuid.UUID | None
    due_at: dt.datetime | None
    due_zone: str | None
    tags: list[str]
    position: str
    assignee_id: uuid.UUID | None
    recurrence: str | None
    completed_at: dt.datetime | None
    deleted_at: dt.datetime | None
    created_by: uuid.UUID | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime


async def user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> uuid.UUID:
    try:
        return uuid.UUID(jwt.decode(credentials.credentials, os.environ["BENCH_SECRET"], algorithms=["HS256"])["sub"])
    except jwt.PyJWTError:
        raise HTTPException(401) from None


async def session():
    async with sessions() as found:
        yield found


app = FastAPI()
User, Session = Annotated[uuid.UUID, Depends(user)], Annotated[AsyncSession, Depends(session)]


def mine(me: uuid.UUID):
    return sa.select(Task).where(Task.deleted_at.is_(None), Task.project_id.in_(sa.select(Member.project_id).where(Member.user_id == me)))


@app.get("/projects/{project_id}/tasks", response_model=list[TaskOut])
async def list_tasks(project_id: uuid.UUID, me: User, db: Session, limit: Annotated[int, Query(ge=1, le=100)] = 20):
    return (await db.scalars(mine(me).where(Task.project_id == project_id).order_by(Task.position, Task.id).limit(limit))).all()


@app.get("/tasks/{task_id}", response_model=TaskOut)
async def get_task(task_id: uuid.UUID, me: User, db: Session):
    task = await db.scalar(mine(me).where(Task.id == task_id))
    if task is None:
        raise HTTPException(404)
    return task


@app.post("/projects/{project_id}/tasks", response_model=TaskOut, status_code=201)
async def create_task(project_id: uuid.UUID, data: TaskIn, me: User, db: Session):
    if await db.scalar(sa.select(Member.role).where(Member.project_id == project_id, Member.user_id == me)) not in ("owner", "editor"):
        raise HTTPException(404)
    task = Task(project_id=project_id, created_by=me, position=f"z{time.time_ns()}", **data.model_dump())
    db.add(task)
    await db.commit()
    return task
