-- title: A row whose percentage no count can give
-- title@id: Baris dengan persentase yang tidak mungkin dihasilkan hitungan mana pun
-- problem: A row gives a share of a count that the same assessment states, with a precision that no whole number of them can give.
-- problem@id: Sebuah baris memberi porsi dari hitungan yang disebut penilaian yang sama, dengan ketelitian yang tidak dapat dihasilkan bilangan bulat mana pun.
-- remedy: Ask for the count behind the row, and for the number that it was divided by.
-- remedy@id: Mintalah hitungan di balik baris itu dan bilangan pembaginya.
-- limits: Silent where the whole is not stated in the assessment for that year, or so large that every percentage is possible.
-- limits@id: Diam bila keseluruhannya tidak disebut dalam penilaian itu untuk tahun itu, atau begitu besar sehingga setiap persentase mungkin.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: Row {keys} says {value}% of {total}, which is not a whole number of them: {below} of {total} is {below_percent}%, {above} of {total} is {above_percent}%. From which count does it come?
-- message@id: Baris {keys} menyebut {value}% dari {total}, yang bukan bilangan bulat: {below} dari {total} adalah {below_percent}%, {above} dari {total} adalah {above_percent}%. Dari hitungan berapa angka itu?
-- held: Row {keys}: {value}% of {total} is possible.
-- held@id: Baris {keys}: {value}% dari {total} mungkin.
-- computed: {below} / {total} = {below_percent}%; {above} / {total} = {above_percent}%
-- columns: city assessment about keys holds value total below above below_percent above_percent

WITH wholes AS (
  SELECT assessment, year, indicator, MIN(value) AS total
  FROM observed
  WHERE value > 0 AND value = FLOOR(value)
  GROUP BY assessment, year, indicator
  HAVING MIN(value) = MAX(value)
), shares AS (
  SELECT o.city, o.assessment, o.observation, o.name, CAST(o.value AS DOUBLE) AS value, CAST(w.total AS DOUBLE) AS total,
    CASE WHEN o.value = ROUND(o.value, 0) THEN 0.5 WHEN o.value = ROUND(o.value, 1) THEN 0.05 WHEN o.value = ROUND(o.value, 2) THEN 0.005 ELSE 0.0005 END AS rounding,
    FLOOR(CAST(o.value AS DOUBLE) * CAST(w.total AS DOUBLE) / 100) AS below
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN wholes w ON w.indicator = a.whole AND w.assessment = o.assessment AND w.year = o.year
  WHERE o.is_row AND o.value IS NOT NULL
)
SELECT city, assessment, observation AS about, name AS keys,
  ABS(100 * below / total - value) <= rounding + 1e-9 OR ABS(100 * (below + 1) / total - value) <= rounding + 1e-9 AS holds,
  CAST(value AS DECIMAL(18, 4)) AS value, CAST(total AS BIGINT) AS total, CAST(below AS BIGINT) AS below, CAST(below + 1 AS BIGINT) AS above,
  CAST(ROUND(100 * below / total, 2) AS DECIMAL(18, 2)) AS below_percent, CAST(ROUND(100 * (below + 1) / total, 2) AS DECIMAL(18, 2)) AS above_percent
FROM shares
WHERE 100 / total > 2 * rounding
ORDER BY city, about
