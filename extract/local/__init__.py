"""What runs on one machine without a team's servers: embedded PostgreSQL, Airflow, the demo."""
