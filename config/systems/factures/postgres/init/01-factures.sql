-- The database that is one of the three sources; `airflow` is made by the image. The invoices are invented.
CREATE DATABASE factures;
\connect factures
CREATE TABLE factures (id text PRIMARY KEY, country text NOT NULL, payment text NOT NULL, amount numeric(10, 2) NOT NULL);
INSERT INTO factures
SELECT 'db-' || n, (ARRAY['France', 'Belgique', 'Sénégal', 'Canada'])[1 + n % 4], (ARRAY['carte', 'virement', 'espèces'])[1 + n % 3], 20 + n * 7.5
FROM generate_series(1, 40) AS n;
