-- title: A grade out of line with the same scale
-- title@id: Nilai mutu yang tidak sejalan dengan skala yang sama
-- problem: A percentage has a better printed grade than several higher percentages of the same document for which higher is better too.
-- problem@id: Sebuah persentase mendapat nilai mutu lebih baik daripada beberapa persentase yang lebih tinggi dalam dokumen yang sama, padahal makin tinggi makin baik.
-- remedy: Ask for the cut-off of this row, and where it comes from.
-- remedy@id: Mintalah batas nilai baris ini dan asalnya.
-- limits: A row may have a scale of its own; then the document should say so. Needs three higher values with a worse grade.
-- limits@id: Sebuah baris boleh punya skala sendiri; dokumen seharusnya menyebutkannya. Memerlukan tiga nilai lebih tinggi dengan nilai mutu lebih buruk.
-- severity: medium
-- reads: evidence
-- writes: doubts
-- message: Row {keys}, {value}%, is graded {grade}, while higher percentages are graded worse: {others}. Which cut-off makes {value}% {grade}?
-- message@id: Baris {keys}, {value}%, dinilai {grade}, sedangkan persentase yang lebih tinggi dinilai lebih buruk: {others_id}. Batas nilai mana yang membuat {value}% menjadi {grade}?
-- columns: city assessment about keys value grade others others_id

WITH graded AS (
  SELECT o.city, o.assessment, o.observation, o.name, o.value, RTRIM(RTRIM(CAST(o.value AS VARCHAR), '0'), '.') AS said, r.grade, r.place, r.word
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN ranks r ON r.grade = o.stated_grade
  WHERE o.is_row AND a.kind IN ('percent', 'ratio') AND a.direction = 'higher' AND o.value IS NOT NULL
)
SELECT x.city, x.assessment, x.observation AS about, x.name AS keys, x.value, x.grade,
  STRING_AGG(y.name || ' ' || y.said || '% ' || y.word, '; ' ORDER BY y.value, y.name, y.observation) AS others,
  STRING_AGG(y.name || ' ' || REPLACE(y.said, '.', ',') || '% ' || y.word, '; ' ORDER BY y.value, y.name, y.observation) AS others_id
FROM graded x
JOIN graded y ON y.assessment = x.assessment AND y.value > x.value AND y.place > x.place
GROUP BY x.city, x.assessment, x.observation, x.name, x.value, x.grade
HAVING COUNT(*) >= 3
ORDER BY x.city, about
