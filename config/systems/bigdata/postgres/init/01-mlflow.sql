-- The second database of this server; `airflow` is made by the image.
CREATE DATABASE mlflow;
