//SOURCES LogFile.java
//SOURCES LogOptions.java
//SOURCES Printable.java
//SOURCES ProgressBar.java
//SOURCES Script.java

/** What every script does alike: parse its options, log, print, end with an exit code. */
package cli;
