-- title: One state named by several words
-- title@id: Satu keadaan disebut dengan beberapa kata
-- problem: Rows use several words for what seems to be one state; whether a difference is meant is not said.
-- problem@id: Baris-baris memakai beberapa kata untuk keadaan yang tampaknya sama; tidak dijelaskan apakah ada bedanya.
-- remedy: Ask for one word for one state, or for the difference.
-- remedy@id: Mintalah satu kata untuk satu keadaan, atau penjelasan bedanya.
-- limits: Knows only the words whose sense the model lists.
-- limits@id: Hanya mengenal kata yang artinya tercantum dalam model.
-- severity: low
-- reads: evidence
-- writes: doubts
-- message: One state is named by {ways} words: {named}. Do they mean the same?
-- message@id: Satu keadaan disebut dengan {ways} kata: {named}. Apakah artinya sama?
-- columns: city assessment about keys ways named

WITH named AS (
  SELECT o.city, o.assessment, s.sense, s.word, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place, o.observation) AS about,
    STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place, o.observation) AS keys
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN senses s ON s.answer = o.answer
  WHERE o.is_row AND s.sense IS NOT NULL AND s.word <> 'selaras'
  GROUP BY o.city, o.assessment, s.sense, s.word
)
SELECT city, assessment, STRING_AGG(about, ' ' ORDER BY word) AS about, STRING_AGG(keys, ' ' ORDER BY word) AS keys, COUNT(*) AS ways,
  STRING_AGG(word || ' (' || keys || ')', '; ' ORDER BY word) AS named
FROM named
GROUP BY city, assessment, sense
HAVING COUNT(*) > 1
ORDER BY city, about
