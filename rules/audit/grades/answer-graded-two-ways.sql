-- title: One answer graded in two ways
-- title@id: Satu jawaban dinilai dengan dua cara
-- problem: The same word of answer earns one grade in one row and another grade in another, and no rule is published that says why.
-- problem@id: Kata jawaban yang sama mendapat nilai mutu berbeda di baris yang berbeda, tanpa aturan tertulis yang menjelaskannya.
-- remedy: Ask for the rule by which each question turns its answer into a grade.
-- remedy@id: Mintalah aturan yang mengubah jawaban tiap pertanyaan menjadi nilai mutu.
-- limits: The questions differ, so a reason may exist; it is not written down.
-- limits@id: Pertanyaannya berbeda, jadi mungkin ada alasannya; alasannya tidak ditulis.
-- severity: medium
-- reads: evidence
-- writes: doubts
-- message: The answer "{word}" is graded in {ways} ways: {graded}. By which rule?
-- message@id: Jawaban "{word}" dinilai dengan {ways} cara: {graded}. Menurut aturan apa?
-- columns: city assessment about keys word ways graded

WITH graded AS (
  SELECT o.city, o.assessment, s.word, r.word AS grade, r.place AS grade_place, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place, o.observation) AS about,
    STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place, o.observation) AS keys
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN senses s ON s.answer = o.answer
  JOIN ranks r ON r.grade = o.stated_grade
  WHERE o.is_row
  GROUP BY o.city, o.assessment, s.word, r.word, r.place
)
SELECT city, assessment, STRING_AGG(about, ' ' ORDER BY grade_place) AS about, STRING_AGG(keys, ' ' ORDER BY grade_place) AS keys, word, COUNT(*) AS ways,
  STRING_AGG(grade || ' (' || keys || ')', '; ' ORDER BY grade_place) AS graded
FROM graded
GROUP BY city, assessment, word
HAVING COUNT(*) > 1
ORDER BY city, about
