# Submits tool outputs with Ruby's standard library (run with 3.1).
#
#   conformance client -- ruby docs/drivers/smallest/client.rb
#   conformance client --persistent -- ruby docs/drivers/smallest/client.rb

require "json"
require "net/http"

MOVING = %w[queued in_progress cancelling].freeze

# Hands over name and data of each event as pieces of a stream come in; lines end in LF, CR or both.
class Events
  def initialize(&block)
    @buffer, @name, @data, @first, @block = "".b, "", [], true, block
  end

  def <<(piece)
    @buffer << piece
    # A CR at the end of what has come may be half of a CRLF.
    while (found = @buffer.match(/\r\n|\n|\r(?!\z)/n))
      line = found.pre_match.force_encoding("UTF-8").scrub
      line = line.delete_prefix("\uFEFF") if @first
      @buffer, @first = found.post_match, false
      take(line)
    end
  end

  def take(line)
    field, value = line.split(":", 2)
    value = (value || "").delete_prefix(" ")
    if line.empty?
      @block.call(@name, @data.join("\n")) unless @data.empty?
      @name, @data = "", []
    elsif field == "event" then @name = value
    elsif field == "data" then @data << value
    end
  end
end

def text_of(parts) = parts.map { |part| part.dig("text", "value") || "" }.join

# Answers every round of the run, and returns what became of it.
class Driver
  def initialize(given)
    @thread = "#{given["OPENAI_BASE_URL"]}/threads/#{given["CONFORMANCE_THREAD_ID"]}"
    @path = "#{@thread}/runs/#{given["CONFORMANCE_RUN_ID"]}"
    @headers = { "Authorization" => "Bearer #{given["OPENAI_API_KEY"]}", "Content-Type" => "application/json",
                 "OpenAI-Beta" => "assistants=v2" }
    @outputs = JSON.parse(given["CONFORMANCE_TOOL_OUTPUTS"])
    @streamed = given["CONFORMANCE_STREAM"] == "true"
  end

  def drive
    run, text = get(@path), nil
    while run["status"] == "requires_action"
      calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
      body = { tool_outputs: calls.map { |call| { tool_call_id: call["id"], output: @outputs[call["id"]] } } }
      run, text = @streamed ? listen(body.merge(stream: true)) : [JSON.parse(ask(@path + "/submit_tool_outputs", body).body), nil]
      while MOVING.include?(run["status"])
        sleep 0.05
        run = get(@path)
      end
    end
    text = text_of(get("#{@thread}/messages?run_id=#{run["id"]}")["data"][0]["content"]) if text.nil? && run["status"] == "completed"
    { status: run["status"], text: text }.compact
  end

  def listen(body)
    run, text, done = nil, +"", false
    events = Events.new do |name, data|
      next if done
      if data == "[DONE]" then done = true
      elsif name == "error" then raise data
      elsif name == "thread.message.delta" then text << text_of(JSON.parse(data)["delta"]["content"])
      elsif name.start_with?("thread.run.") && !name.start_with?("thread.run.step.") then run = JSON.parse(data)
      end
    end
    catch(:done) do
      ask("#{@path}/submit_tool_outputs", body) do |answer|
        raise "a stream was asked for, and #{answer["Content-Type"]} came" unless answer["Content-Type"].to_s.start_with?("text/event-stream")
        answer.read_body do |piece|
          events << piece
          throw :done if done
        end
      end
    end
    raise "the stream ended before the run did" if !done && (run.nil? || MOVING.include?(run["status"]))
    [run, text]
  end

  def get(url) = JSON.parse(ask(url).body)

  def ask(url, body = nil)
    uri = URI(url)
    request = body ? Net::HTTP::Post.new(uri, @headers) : Net::HTTP::Get.new(uri, @headers)
    request.body = JSON.generate(body) if body
    Net::HTTP.start(uri.host, uri.port, nil, max_retries: 0, read_timeout: 20) do |http|
      http.request(request) do |answer|
        raise "answered #{answer.code}: #{answer.body}" unless answer.is_a?(Net::HTTPSuccess)
        yield answer if block_given?
        return answer.tap(&:body)
      end
    end
  end
end

def outcome(given)
  Driver.new(given).drive
rescue StandardError => e
  { error: "#{e.class}: #{e.message}" }
end

$stdout.sync = true
if ENV["CONFORMANCE_PERSISTENT"]
  $stdin.each_line do |line|
    said = outcome(JSON.parse(line))
    puts JSON.generate({ exit: said.key?(:error) ? 1 : 0, **said })
  end
else
  said = outcome(ENV)
  File.write(ENV["CONFORMANCE_OUTCOME"], JSON.generate(said))
  exit(said.key?(:error) ? 1 : 0)
end
