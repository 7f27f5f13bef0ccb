# Speaks to a broker as a program over ruby-stomp does, and prints what it sees, one thing a line.
require "stomp"
require "timeout"

PORT, VERSION = ARGV[0].to_i, ARGV[1]
$stdout.sync = true

def connect(id, beats = nil)
  headers = { "client-id" => id }
  headers.update("accept-version" => VERSION, "host" => "/") if VERSION != "1.0"
  headers["heart-beat"] = beats if beats && VERSION != "1.0"
  Stomp::Connection.new(
    hosts: [{ login: "ann", passcode: "secret", host: "127.0.0.1", port: PORT }],
    reliable: false, connect_headers: headers
  )
end

def next_of(connection)
  message = Timeout.timeout(20) { connection.receive }
  abort "#{message.command}: #{message.headers["message"]}" unless %w[MESSAGE RECEIPT].include?(message.command)
  message
end

# Publishes, and answers with what came before the receipt.
def told(connection, destination, body, headers = {})
  connection.publish(destination, body, headers.merge("receipt" => "r"))
  early = []
  while (message = next_of(connection)).command != "RECEIPT"
    early << message
  end
  early
end

def answer(connection, how, message, subscription)
  case VERSION
  when "1.0" then connection.send(how, message.headers["message-id"])
  when "1.1" then connection.send(how, message.headers["message-id"], subscription: subscription)
  else connection.send(how, message.headers["ack"])
  end
end

connection = connect("one", "1000,1000")
puts "version #{connection.protocol}"

connection.subscribe("/topic/news", { "ack" => "auto", "receipt" => "r" }, "t")
next_of(connection)
heard = ["one", "tw\u00f6", "three:\\n"].flat_map { |body| told(connection, "/topic/news", body) }
heard << next_of(connection) while heard.size < 3
puts "topic #{heard.map { |each| each.body.dup.force_encoding("UTF-8") }.join(" ")}"

connection.subscribe("/queue/work",
                     { "ack" => VERSION == "1.0" ? "client" : "client-individual", "prefetch-count" => "1" }, "q")
heard = %w[first second].flat_map { |body| told(connection, "/queue/work", body) }
message = heard.shift || next_of(connection)
if VERSION != "1.0"
  answer(connection, :nack, message, "q")
  message = next_of(connection)
  puts "again #{message.body} #{message.headers["redelivered"]}"
end
answer(connection, :ack, message, "q")
message = next_of(connection)
answer(connection, :ack, message, "q")
puts "work #{message.body}"

%w[abort commit].each do |ending|
  connection.begin(ending)
  connection.publish("/topic/news", ending, "transaction" => ending)
  connection.send(ending, ending)
end
puts "transaction #{next_of(connection).body}"

if VERSION != "1.0"
  # The gem counts what it reads itself: nobody waits for a frame meanwhile.
  Timeout.timeout(20) { sleep 0.05 until connection.hbsend_count >= 2 && connection.hbrecv_count >= 2 }
  connection.publish("/topic/news", "alive")
  puts "beats #{next_of(connection).body}"
end

durable = { "activemq.subscriptionName" => "kept" }
away = connect("away")
away.subscribe("/topic/kept", durable.merge("receipt" => "r"), "d")
next_of(away)
away.disconnect
told(connection, "/topic/kept", "while away", "persistent" => "true")
back = connect("away")
back.subscribe("/topic/kept", durable, "d")
puts "durable #{next_of(back).body}"
back.disconnect
connection.disconnect
