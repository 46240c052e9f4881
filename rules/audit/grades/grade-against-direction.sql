-- title: A better value with a worse grade
-- title@id: Nilai lebih baik dengan nilai mutu lebih buruk
-- problem: Of one indicator in one city, a better value has a worse printed grade than another.
-- problem@id: Untuk satu indikator di satu kota, nilai yang lebih baik justru mendapat nilai mutu tercetak yang lebih buruk daripada nilai lain.
-- remedy: Ask by which rule the two editions grade the indicator.
-- remedy@id: Tanyakan menurut aturan apa kedua edisi menilai indikator itu.
-- limits: The rule may have changed between the editions, which the document should say.
-- limits@id: Aturannya mungkin berubah antaredisi, dan dokumen seharusnya menyebutkannya.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {indicator}: {worse} in {worse_year} is graded {worse_grade}, while better values are graded worse: {others}. Which rule gives that?
-- message@id: {indicator}: {worse} pada {worse_year} dinilai {worse_grade}, sedangkan nilai yang lebih baik dinilai lebih buruk: {others_id}. Aturan apa yang memberi hasil itu?
-- columns: city assessment about keys indicator worse worse_year worse_grade others others_id

WITH graded AS (
  SELECT o.city, o.assessment, o.indicator, o.year, o.observation, o.name, o.value, o.stated_grade, r.place, r.word,
    CASE a.direction WHEN 'higher' THEN o.value ELSE -o.value END AS good
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN ranks r ON r.grade = o.stated_grade
  WHERE o.is_row AND o.value IS NOT NULL AND a.direction IN ('higher', 'lower')
), placed AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY city, indicator ORDER BY good, place DESC, year, observation) AS line
  FROM graded
), compared AS (
  -- The best grade among the worse values, and the least of those that have it.
  SELECT *, MIN(place * 1000000 + line) OVER (PARTITION BY city, indicator ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS best
  FROM placed
)
SELECT b.city, MAX(b.assessment) AS assessment, w.observation || ' ' || STRING_AGG(b.observation, ' ' ORDER BY b.line) AS about,
  w.name || ' ' || STRING_AGG(b.name, ' ' ORDER BY b.line) AS keys, w.indicator, w.value AS worse, w.year AS worse_year, w.stated_grade AS worse_grade,
  STRING_AGG(RTRIM(RTRIM(CAST(b.value AS VARCHAR), '0'), '.') || ' (' || b.year || ') ' || b.word, '; ' ORDER BY b.line) AS others,
  STRING_AGG(REPLACE(RTRIM(RTRIM(CAST(b.value AS VARCHAR), '0'), '.'), '.', ',') || ' (' || b.year || ') ' || b.word, '; ' ORDER BY b.line) AS others_id
FROM compared b
JOIN placed w ON w.city = b.city AND w.indicator = b.indicator AND w.line = b.best % 1000000
WHERE b.best // 1000000 < b.place
GROUP BY b.city, w.observation, w.name, w.indicator, w.value, w.year, w.stated_grade
ORDER BY b.city, about
