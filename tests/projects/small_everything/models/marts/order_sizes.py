from typing import Any


def model(dbt: Any, session: Any) -> Any:
    dbt.config(materialized="table", tags=["python"])
    return dbt.ref("orders", v=2).aggregate("status, avg(amount) as average_amount", "status")
