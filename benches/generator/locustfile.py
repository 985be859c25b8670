"""The same deposit for Locust: locust -f locustfile.py --host http://127.0.0.1:3999"""

from locust import FastHttpUser, task


class Payer(FastHttpUser):
    @task
    def pay(self):
        self.client.post("/deposit", json={"userId": 1, "amount": 10})
