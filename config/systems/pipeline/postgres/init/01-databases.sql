-- Beside `airflow`, which the image makes: MLflow's, and the one that the pipeline fills.
CREATE DATABASE mlflow;
CREATE DATABASE pipeline;
\connect pipeline
CREATE TABLE products (id integer PRIMARY KEY, name text NOT NULL, category text NOT NULL, price numeric(10, 2) NOT NULL);
