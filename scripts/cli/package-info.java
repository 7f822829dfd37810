//SOURCES ClientSettings.java
//SOURCES ConsumerOptions.java
//SOURCES ExitCode.java
//SOURCES Failure.java
//SOURCES FreezePoint.java
//SOURCES GuaranteeSwitches.java
//SOURCES HandlingOptions.java
//SOURCES KafkaOptions.java
//SOURCES LogFile.java
//SOURCES LogFileOptions.java
//SOURCES LogOptions.java
//SOURCES Printable.java
//SOURCES ProgressBar.java
//SOURCES Script.java
//SOURCES SendingOptions.java
//SOURCES Settings.java
//SOURCES TimeOption.java

/** What every script does alike: options (how to reach the cluster among them), log, exit code. */
package cli;
