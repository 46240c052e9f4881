-- title: Rows that share one whole and pass 100 percent
-- title@id: Baris yang membagi satu keseluruhan dan melewati 100 persen
-- problem: Indicators of one assessment are shares of the same whole by the same division, and together they pass 100 percent.
-- problem@id: Beberapa indikator dalam satu penilaian merupakan porsi dari keseluruhan yang sama menurut pembagian yang sama, dan jumlahnya melewati 100 persen.
-- remedy: Ask for the counts behind each row and correct the row that does not follow from its count.
-- remedy@id: Mintalah hitungan di balik tiap baris dan perbaiki baris yang tidak sesuai dengan hitungannya.
-- limits: Silent on sums below 100: not every group need have a row. Each value may be rounded by half of its last digit.
-- limits@id: Diam atas jumlah di bawah 100: tidak setiap kelompok harus punya baris. Tiap nilai boleh dibulatkan setengah angka terakhirnya.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: Rows {keys} are shares of one whole and add up to {sum}%: {arithmetic} = {sum}. Rounding explains at most {tolerance}. Which row is wrong, or do the groups overlap?
-- message@id: Baris {keys} adalah porsi dari satu keseluruhan, tetapi jumlahnya {sum}%: {arithmetic} = {sum}. Pembulatan hanya menjelaskan paling banyak {tolerance}. Baris mana yang keliru, atau apakah kelompoknya tumpang tindih?
-- held: Rows {keys} fit into one whole: {arithmetic} = {sum}%.
-- held@id: Baris {keys} muat dalam satu keseluruhan: {arithmetic} = {sum}%.
-- computed: {arithmetic} = {sum}
-- columns: city assessment about keys holds sum arithmetic tolerance

WITH shares AS (
  SELECT o.city, o.assessment, o.source, o.year, a.partition, o.observation, o.name, o.value, a.place,
    CASE WHEN o.value = ROUND(o.value, 0) THEN 0.5 WHEN o.value = ROUND(o.value, 1) THEN 0.05 WHEN o.value = ROUND(o.value, 2) THEN 0.005 ELSE 0.0005 END AS rounding
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  WHERE o.is_row AND o.value IS NOT NULL AND a.partition IS NOT NULL
)
SELECT city, assessment, STRING_AGG(observation, ' ' ORDER BY place, observation) AS about, STRING_AGG(name, ' ' ORDER BY place, observation) AS keys,
  SUM(value) - 100 <= SUM(rounding) AS holds, SUM(value) AS sum,
  STRING_AGG(RTRIM(RTRIM(CAST(value AS VARCHAR), '0'), '.'), ' + ' ORDER BY place, observation) AS arithmetic, CAST(SUM(rounding) AS DECIMAL(12, 4)) AS tolerance
FROM shares
GROUP BY city, assessment, source, year, partition
HAVING COUNT(*) > 1
ORDER BY city, about
