//SOURCES NotAPayment.java
//SOURCES Payment.java
//SOURCES PaymentReader.java
//SOURCES PaymentTopics.java
//SOURCES PaymentWork.java
//SOURCES Receipt.java

/** A second domain, to prove that the engine does not depend on orders: only reader, handler and outcome differ. */
package payments;
