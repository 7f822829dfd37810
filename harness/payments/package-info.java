//SOURCES NotAPayment.java
//SOURCES Payment.java
//SOURCES PaymentReader.java
//SOURCES PaymentTopics.java
//SOURCES PaymentWork.java
//SOURCES Receipt.java

/** A second domain, to prove that the engine knows no order: OrderConsumer with another reader, handler and outcome. */
package payments;
