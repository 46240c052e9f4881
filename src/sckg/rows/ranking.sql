-- The rank of each city in each year, by the mean over everything, as it is and as it would be.
-- Reads: was_rolled_up, rolled_up (roll-ups of whole frameworks).

WITH ranked AS (
  SELECT w.city, w.year, w.thing, w.mean_all AS mean_was, b.mean_all AS mean_becomes,
    RANK() OVER (PARTITION BY w.year, w.thing ORDER BY w.mean_all DESC) AS rank_was,
    RANK() OVER (PARTITION BY b.year, b.thing ORDER BY b.mean_all DESC) AS rank_becomes
  FROM was_rolled_up w JOIN rolled_up b ON b.assessment = w.assessment AND b.thing = w.thing
  WHERE w.mean_all IS NOT NULL AND b.mean_all IS NOT NULL
)
SELECT city, year, rank_was, rank_becomes, mean_was, mean_becomes
FROM ranked
WHERE rank_was <> rank_becomes OR mean_was <> mean_becomes
ORDER BY ABS(rank_was - rank_becomes) DESC, ABS(mean_was - mean_becomes) DESC, year DESC, city
