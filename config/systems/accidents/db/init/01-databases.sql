-- Run once, when the data volume is empty. MLflow has its own database because its table of migrations has the same
-- name as Airflow's; the application has its own because its data are not theirs.
CREATE DATABASE mlflow;
CREATE DATABASE accidents;

\connect accidents
CREATE TABLE predictions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT now(),
    model_version text NOT NULL,
    accident jsonb NOT NULL,
    probability double precision NOT NULL CHECK (probability BETWEEN 0 AND 1)
);
