CREATE TABLE item(id INTEGER PRIMARY KEY, owner INTEGER, price INTEGER, name TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO item SELECT i, i * 7919 % 101, i * i % 997, 'item number ' || i FROM n;
COMMIT;
CREATE INDEX by_owner ON item(owner);
SELECT owner, count(*), sum(price), max(name) FROM item GROUP BY owner HAVING sum(price) > 20000 ORDER BY 3 DESC LIMIT 3;
UPDATE item SET price = price + 1 WHERE owner % 7 = 3;
DELETE FROM item WHERE price % 13 = 5;
SELECT a.owner, count(*) FROM item a JOIN item b ON a.owner = b.owner AND a.id < b.id AND a.price > b.price
    WHERE a.owner < 4 GROUP BY a.owner;
SELECT count(*), sum(length(name)) FROM item WHERE name LIKE '%9%';
