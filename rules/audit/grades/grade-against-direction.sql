-- title: A better value with a worse grade
-- title@id: Nilai lebih baik dengan nilai mutu lebih buruk
-- problem: Of one indicator in one city, the better of two values has the worse of two printed grades.
-- problem@id: Untuk satu indikator di satu kota, nilai yang lebih baik justru mendapat nilai mutu tercetak yang lebih buruk.
-- remedy: Ask by which rule the two editions grade the indicator.
-- remedy@id: Tanyakan menurut aturan apa kedua edisi menilai indikator itu.
-- limits: The rule may have changed between the editions, which the document should say.
-- limits@id: Aturannya mungkin berubah antaredisi, dan dokumen seharusnya menyebutkannya.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {indicator}: {better} in {better_year} is graded {better_grade}, and {worse} in {worse_year} is graded {worse_grade}, though {better} is the better value. Which rule gives that?
-- message@id: {indicator}: {better} pada {better_year} dinilai {better_grade}, sedangkan {worse} pada {worse_year} dinilai {worse_grade}, padahal {better} lebih baik. Aturan apa yang memberi hasil itu?
-- columns: city assessment about keys indicator better better_year better_grade worse worse_year worse_grade

WITH graded AS (
  SELECT o.city, o.assessment, o.indicator, o.year, o.observation, o.name, o.value, r.grade, r.place, r.word, a.direction
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN ranks r ON r.grade = o.stated_grade
  WHERE o.is_row AND o.value IS NOT NULL AND a.direction IN ('higher', 'lower')
), runs AS (
  SELECT *, LAG(observation) OVER w AS was_observation, LAG(value) OVER w AS was_value, LAG(year) OVER w AS was_year, LAG(name) OVER w AS was_name, LAG(grade) OVER w AS was_grade, LAG(place) OVER w AS was_place
  FROM graded
  WINDOW w AS (PARTITION BY city, indicator ORDER BY CASE direction WHEN 'higher' THEN value ELSE -value END, place DESC, year)
)
SELECT city, assessment, was_observation || ' ' || observation AS about, was_name || ' ' || name AS keys, indicator, value AS better, year AS better_year, grade AS better_grade,
  was_value AS worse, was_year AS worse_year, was_grade AS worse_grade
FROM runs
WHERE was_place < place AND was_value <> value
ORDER BY city, about
