"""Words that make a sentence a sentence, or a question a question, and say nothing of what it is about."""

FUNCTION_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a about am an and are as at be been but by can could did do does for from had has have "
        "he her his how i if in into is it its me my no not of on or our she should so such that "
        "the their then there these they this to us was we were what when where which who whom "
        "why will with would you your",
        "de": "aber als am an auch auf aus bei bin bis da damit dann das dass dem den denn der des die "
        "dies diese dieser dieses doch du durch ein eine einem einen einer eines er es für gegen "
        "gibt habe haben hat hatte ich ihm ihn ihr ihre im in ist ja kann kein keine können man "
        "mein meine mich mir mit muss müssen nach nicht noch nur ob oder sein seine sich sie sind "
        "so soll sollen um und uns unser unter viel viele vom von vor wann war waren warum was "
        "weil welche welcher welches wenn wer werden wie wieviel wir wird wo woher wohin worden "
        "wurde wurden zu zum zur über",
        "fr": "au aux avec avoir c ce ces cette combien comme comment d dans de des du elle en est et "
        "eu fait il ils j je l la le les leur lui m ma mais me mes mon n ne nos notre nous on ont "
        "ou où par pas pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se "
        "sera ses si son sont sur ta te tes ton tu un une vos votre vous y à être",
        "es": "a al como con cuál cuáles cuándo cuántas cuánto cuántos cómo de del desde donde dónde el "
        "ella en entre es esa ese esta este está están fue ha han hay la las le les lo los me mi "
        "muy más no nos o para pero por porque que quién qué se ser si sin sobre son su sus "
        "también tengo tiene un una unos y ya yo",
        "it": "a ai al alla alle anche che chi ci come con cosa cui da dal dalla dei del della delle di "
        "dove e ed essere gli ha hanno ho i il in io l la le lo loro ma mi nei nel nella non o "
        "per perché più quale quali quando quanti quanto se si sono su sul sulla suo tra un una "
        "uno è",
        "nl": "aan al als bij dan dat de deze die dit doen door een en er ge heb hebben heeft het hij "
        "hoe hoeveel ik in is ja je kan kunnen maar me met mijn moet na naar niet nog nu of om "
        "omdat ons ook op over te tot u uit van veel voor waar waarom wanneer was wat we wel "
        "welke wie wij worden wordt zal ze zich zij zijn",
        "pt": "a ao aos as até com como da das de dele do dos e ela ele em entre era essa esse esta "
        "este está eu foi há isso já mais mas me meu minha muito na nas no nos não o onde os ou "
        "para pela pelo por porque quais qual quando quanto quantos que quem se sem ser seu sua "
        "são também tem tenho um uma você é",
    }.items()
}
