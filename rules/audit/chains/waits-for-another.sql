-- title: Something that waits for something not done
-- title@id: Sesuatu yang menunggu hal yang belum selesai
-- problem: A row is not ready, and what it needs first is not ready either: it cannot be done before the other.
-- problem@id: Sebuah baris belum siap, dan syarat pendahulunya juga belum siap: tidak dapat diselesaikan sebelum yang lain.
-- remedy: Plan the first one first.
-- remedy@id: Rencanakan yang pertama lebih dahulu.
-- limits: Which thing waits for which is given by the framework (sckg:waitsFor).
-- limits@id: Urutannya diberikan kerangka (sckg:waitsFor).
-- severity: medium
-- reads: evidence
-- writes: doubts
-- message: Row {row} ({thing}: {answer}) can start only after row {first_row} ({first}: {first_answer}). The plan must put {first_row} first.
-- message@id: Baris {row} ({thing}: {answer}) baru dapat dimulai setelah baris {first_row} ({first}: {first_answer}). Rencana harus mendahulukan {first_row}.
-- columns: city assessment about keys row thing answer first_row first first_answer

SELECT o.city, o.assessment, o.observation || ' ' || p.observation AS about, o.name || ' ' || p.name AS keys, o.indicator AS thing, p.indicator AS first,
  s.word AS answer, f.word AS first_answer, o.name AS row, p.name AS first_row
FROM observed o
JOIN asked a ON a.indicator = o.indicator
JOIN waits w ON w.indicator = o.indicator
JOIN observed p ON p.indicator = w.first AND p.assessment = o.assessment AND p.year = o.year AND p.is_row
JOIN senses s ON s.answer = o.answer
JOIN senses f ON f.answer = p.answer
WHERE o.is_row AND s.sense <> 'present' AND f.sense <> 'present'
ORDER BY o.city, about
