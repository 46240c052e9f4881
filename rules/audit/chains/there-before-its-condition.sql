-- title: Something that is there before what it needs
-- title@id: Sesuatu yang sudah ada sebelum syaratnya
-- problem: A row is answered as there while what must come before it is not.
-- problem@id: Sebuah baris dijawab ada sedangkan yang harus mendahuluinya belum ada.
-- remedy: Ask which of the two answers is right.
-- remedy@id: Tanyakan jawaban mana yang benar.
-- limits: Which thing waits for which is given by the framework (sckg:waitsFor).
-- limits@id: Urutannya diberikan kerangka (sckg:waitsFor).
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: Row {row} ({thing}) is answered "{answer}", while row {first_row} ({first}), which must come before it, is answered "{first_answer}". Which is right?
-- message@id: Baris {row} ({thing}) dijawab "{answer}", sedangkan baris {first_row} ({first}) yang harus mendahuluinya dijawab "{first_answer}". Mana yang benar?
-- held: Row {row} is there, and so is row {first_row}, which must come before it.
-- held@id: Baris {row} ada, begitu pula baris {first_row} yang harus mendahuluinya.
-- columns: city assessment about keys holds row thing answer first_row first first_answer

SELECT o.city, o.assessment, o.observation || ' ' || p.observation AS about, o.name || ' ' || p.name AS keys, f.sense = 'present' AS holds, o.indicator AS thing, p.indicator AS first,
  s.word AS answer, f.word AS first_answer, o.name AS row, p.name AS first_row
FROM observed o
JOIN asked a ON a.indicator = o.indicator
JOIN waits w ON w.indicator = o.indicator
JOIN observed p ON p.indicator = w.first AND p.assessment = o.assessment AND p.year = o.year AND p.is_row
JOIN senses s ON s.answer = o.answer
JOIN senses f ON f.answer = p.answer
WHERE o.is_row AND s.sense = 'present'
ORDER BY o.city, about
