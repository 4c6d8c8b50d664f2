"""FastAPI with async SQLAlchemy, as its documentation writes it."""

import datetime as dt
import os
from typing import Annotated, Literal

import jwt
import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["BENCH_DSN"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
bearer = HTTPBearer()


class Base(DeclarativeBase): ...


class Task(Base):
    __tablename__ = "bench_tasks"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.BigInteger)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="todo")
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    due_at: Mapped[dt.datetime | None] = mapped_column(sa.DateTime(timezone=True))
    created_at: Mapped[dt.datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    updated_at: Mapped[dt.datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    __mapper_args__ = {"eager_defaults": True}


class TaskIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=2000)
    status: Literal["todo", "doing", "done"] = "todo"
    priority: int = Field(0, ge=0, le=5)


class TaskOut(TaskIn):
    model_config = ConfigDict(from_attributes=True)
    id: int
    due_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime


async def user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> int:
    try:
        return int(jwt.decode(credentials.credentials, os.environ["BENCH_SECRET"], algorithms=["HS256"])["sub"])
    except jwt.PyJWTError:
        raise HTTPException(401) from None


async def session():
    async with sessions() as found:
        yield found


app = FastAPI()
User, Session = Annotated[int, Depends(user)], Annotated[AsyncSession, Depends(session)]


@app.get("/tasks", response_model=list[TaskOut])
async def list_tasks(me: User, db: Session, limit: Annotated[int, Query(ge=1, le=100)] = 20):
    return (await db.scalars(sa.select(Task).where(Task.owner_id == me).order_by(Task.id).limit(limit))).all()


@app.get("/tasks/{task_id}", response_model=TaskOut)
async def get_task(task_id: int, me: User, db: Session):
    task = await db.scalar(sa.select(Task).where(Task.id == task_id, Task.owner_id == me))
    if task is None:
        raise HTTPException(404)
    return task


@app.post("/tasks", response_model=TaskOut, status_code=201)
async def create_task(data: TaskIn, me: User, db: Session):
    task = Task(owner_id=me, **data.model_dump())
    db.add(task)
    await db.commit()
    return task
