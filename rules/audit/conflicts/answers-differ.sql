-- title: Two places that answer one question differently
-- title@id: Dua tempat yang menjawab satu pertanyaan secara berbeda
-- problem: Two places answer one question of one city and year in opposite ways.
-- problem@id: Dua tempat menjawab satu pertanyaan untuk satu kota dan tahun secara berlawanan.
-- remedy: Ask which answer holds.
-- remedy@id: Tanyakan jawaban mana yang berlaku.
-- limits: Words that amount to the same, such as ada and tersedia, agree.
-- limits@id: Kata yang artinya sama, seperti ada dan tersedia, dianggap sesuai.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {indicator}: {keys} answer {values}. Which answer holds?
-- message@id: {indicator}: {keys} menjawab {values}. Jawaban mana yang berlaku?
-- held: {indicator}: {keys} give one answer.
-- held@id: {indicator}: {keys} memberi satu jawaban.
-- computed: {values}
-- columns: city assessment about keys holds indicator values

WITH several AS (
  SELECT city, assessment, indicator, year
  FROM observed
  WHERE answer IS NOT NULL
  GROUP BY city, assessment, indicator, year
  HAVING COUNT(*) > 1
)
SELECT o.city, o.assessment, STRING_AGG(o.observation, ' ' ORDER BY o.is_row DESC, o.observation) AS about,
  STRING_AGG(COALESCE(o.name, '?'), ' ' ORDER BY o.is_row DESC, o.observation) AS keys, COUNT(DISTINCT COALESCE(s.sense, s.word)) = 1 AS holds, o.indicator,
  STRING_AGG(s.word, '; ' ORDER BY o.is_row DESC, o.observation) AS "values"
FROM observed o
JOIN several t ON t.city = o.city AND t.assessment IS NOT DISTINCT FROM o.assessment AND t.indicator = o.indicator AND t.year = o.year
JOIN senses s ON s.answer = o.answer
GROUP BY o.city, o.assessment, o.indicator, o.year
HAVING COUNT(*) > 1
ORDER BY o.city, about
