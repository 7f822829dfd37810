//SOURCES Audit.java
//SOURCES CountLetters.java
//SOURCES Death.java
//SOURCES Edit.java
//SOURCES ErrorHeaders.java
//SOURCES Letter.java
//SOURCES LetterFilter.java
//SOURCES LetterPrinter.java
//SOURCES ListLetters.java
//SOURCES Moment.java
//SOURCES OnTopic.java
//SOURCES Pace.java
//SOURCES ReplayPlan.java
//SOURCES ReplayProgress.java
//SOURCES ReplayResult.java
//SOURCES ReplayRules.java
//SOURCES ShowLetter.java
//SOURCES Tally.java

/** Dead letters: read, listed, counted, shown, replayed. */
package dlq;
