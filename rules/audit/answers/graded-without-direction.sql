-- title: A grade where neither direction is better
-- title@id: Nilai mutu tanpa arah yang lebih baik
-- problem: A row is graded, and of its indicator neither more nor less is better in itself, so that no cut-off can be argued for.
-- problem@id: Sebuah baris bernilai mutu, padahal pada indikatornya tidak ada arah yang dengan sendirinya lebih baik, sehingga batas nilainya sulit dipertanggungjawabkan.
-- remedy: Ask which way is better, and why.
-- remedy@id: Tanyakan arah mana yang lebih baik, dan alasannya.
-- limits: The direction of an indicator is a decision of this project.
-- limits@id: Arah suatu indikator adalah keputusan proyek ini.
-- severity: low
-- reads: evidence
-- writes: doubts
-- message: Row {keys}, {indicator}, is graded {grade}. Is more of it better, or less?
-- message@id: Baris {keys}, {indicator}, bernilai {grade}. Apakah makin banyak makin baik, atau sebaliknya?
-- columns: city assessment about keys indicator grade

SELECT o.city, o.assessment, o.observation AS about, o.name AS keys, o.indicator, o.stated_grade AS grade
FROM observed o
JOIN asked a ON a.indicator = o.indicator
WHERE o.is_row AND a.direction = 'neither' AND o.stated_grade IS NOT NULL
ORDER BY o.city, about
