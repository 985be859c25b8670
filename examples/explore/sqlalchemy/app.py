"""Stock in a shop, on Flask, SQLAlchemy and psycopg.

DATABASE_URL says where its database is, PORT where it listens. There are four ways to
buy: /naive sells what is not there; /locked, /versioned and /serializable do not.
"""

import os

from flask import Flask, jsonify, request
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
engine = create_engine(URL)
serializable = engine.execution_options(isolation_level="SERIALIZABLE")
app = Flask(__name__)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


class VersionedItem(Base):
    """An UPDATE finds no row if the version is not the one that was read."""

    __tablename__ = "versioned_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[int] = mapped_column(ForeignKey("items.id"))
    count: Mapped[int]


def buy(session, kind, item_id, lock=False):
    query = select(kind).where(kind.id == item_id)
    item = session.scalars(query.with_for_update() if lock else query).one()
    count = request.get_json()["count"]
    if item.stock < count:
        return jsonify(error="sold out"), 409
    item.stock -= count
    session.add(Order(item=item_id, count=count))
    session.commit()
    return jsonify(bought=count), 200


@app.post("/naive/items/<int:item_id>/buy")
def naive(item_id):
    with Session(engine) as session:
        return buy(session, Item, item_id)


@app.post("/locked/items/<int:item_id>/buy")
def locked(item_id):
    with Session(engine) as session:
        return buy(session, Item, item_id, lock=True)


@app.post("/versioned/items/<int:item_id>/buy")
def versioned(item_id):
    for _ in range(5):
        try:
            with Session(engine) as session:
                return buy(session, VersionedItem, item_id)
        except StaleDataError:
            continue
    return jsonify(error="try again"), 503


@app.post("/serializable/items/<int:item_id>/buy")
def retrying(item_id):
    for _ in range(5):
        try:
            with Session(serializable) as session:
                return buy(session, Item, item_id)
        except OperationalError as error:
            if error.orig.sqlstate != "40001":
                raise
    return jsonify(error="try again"), 503


if __name__ == "__main__":
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.merge(Item(id=1, stock=10))
        if session.get(VersionedItem, 1) is None:
            session.add(VersionedItem(id=1, stock=10))
        session.commit()
    app.run(port=int(os.environ.get("PORT", "5000")), threaded=True)
