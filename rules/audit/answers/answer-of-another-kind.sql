-- title: An answer of another kind than was asked
-- title@id: Jawaban yang jenisnya lain dari yang ditanyakan
-- problem: A question whether something exists is answered by a number, a number asked for is answered by a percentage, or an incidence by a duration. What the row then means, and which cut-off fits, is open.
-- problem@id: Pertanyaan tentang keberadaan dijawab dengan angka, jumlah yang diminta dijawab dengan persentase, atau kejadian dijawab dengan lama waktu. Makna baris dan batas nilainya menjadi tidak pasti.
-- remedy: Ask for the answer to the question as it stands, or restate the question.
-- remedy@id: Mintalah jawaban sesuai pertanyaan, atau perbaiki pertanyaannya.
-- limits: Knows what is asked only of indicators whose sckg:asks says it.
-- limits@id: Hanya mengetahui yang ditanyakan oleh indikator yang memiliki sckg:asks dalam model.
-- severity: medium
-- reads: evidence
-- writes: doubts
-- message: Row {keys} asks for {asked}, and is answered with {given}: {indicator} = {value}. Of what is that the answer?
-- message@id: Baris {keys} menanyakan {asked}, tetapi dijawab dengan {given}: {indicator} = {value}. Itu jawaban atas apa?
-- columns: city assessment about keys asked given indicator value

SELECT o.city, o.assessment, o.observation AS about, o.name AS keys, k.term AS asked, g.term AS given, o.indicator, o.value
FROM observed o
JOIN asked a ON a.indicator = o.indicator
JOIN kinds k ON k.word = a.asks
JOIN kinds g ON g.word = a.kind
WHERE o.is_row AND a.asks <> a.kind AND o.value IS NOT NULL
ORDER BY o.city, about
