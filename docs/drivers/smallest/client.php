<?php
/* Submits tool outputs with PHP and its curl extension (run with 8.2).

conformance client -- php docs/drivers/smallest/client.php
conformance client --persistent -- php docs/drivers/smallest/client.php */

declare(strict_types=1);

const MOVING = ['queued', 'in_progress', 'cancelling'];

/** Hands over name and data of each event as pieces of a stream come in; lines end in LF, CR or both. */
final class Events
{
    private string $buffer = '';
    private string $name = '';
    private array $data = [];
    private bool $first = true;

    public function __construct(private Closure $dispatch) {}

    public function take(string $piece): void
    {
        // A CR at the end of what has come may be half of a CRLF.
        $lines = preg_split('/\r\n|\n|\r(?!\z)/', $this->buffer . $piece);
        $this->buffer = array_pop($lines);
        foreach ($lines as $line) {
            $this->line($this->first && str_starts_with($line, "\u{FEFF}") ? substr($line, 3) : $line);
            $this->first = false;
        }
    }

    private function line(string $line): void
    {
        [$field, $value] = explode(':', $line, 2) + [1 => ''];
        $value = str_starts_with($value, ' ') ? substr($value, 1) : $value;
        if ($line === '') {
            [$name, $data, $this->name, $this->data] = [$this->name, $this->data, '', []];
            if ($data) {
                ($this->dispatch)($name, implode("\n", $data));
            }
        } elseif ($field === 'event') {
            $this->name = $value;
        } elseif ($field === 'data') {
            $this->data[] = $value;
        }
    }
}

function read_json(string $text): array
{
    return json_decode($text, true, 512, JSON_THROW_ON_ERROR);
}

function text_of(array $parts): string
{
    return implode('', array_map(fn (array $part): string => $part['text']['value'] ?? '', $parts));
}

final class Driver
{
    private string $thread;
    private string $path;

    public function __construct(private array $given)
    {
        $this->thread = "{$given['OPENAI_BASE_URL']}/threads/{$given['CONFORMANCE_THREAD_ID']}";
        $this->path = "{$this->thread}/runs/{$given['CONFORMANCE_RUN_ID']}";
    }

    /** Answers every round of the run, and returns what became of it. */
    public function drive(): array
    {
        $outputs = read_json($this->given['CONFORMANCE_TOOL_OUTPUTS']);
        $streamed = $this->given['CONFORMANCE_STREAM'] === 'true';
        [$run, $text] = [read_json($this->ask($this->path)), null];
        while ($run['status'] === 'requires_action') {
            $items = array_map(
                fn (array $call): array => ['tool_call_id' => $call['id'], 'output' => $outputs[$call['id']]],
                $run['required_action']['submit_tool_outputs']['tool_calls'],
            );
            [$run, $text] = $streamed
                ? $this->listen(['tool_outputs' => $items, 'stream' => true])
                : [read_json($this->ask("{$this->path}/submit_tool_outputs", ['tool_outputs' => $items])), null];
            while (in_array($run['status'], MOVING, true)) {
                usleep(50_000);
                $run = read_json($this->ask($this->path));
            }
        }
        if ($text === null && $run['status'] === 'completed') {
            $messages = read_json($this->ask("{$this->thread}/messages?run_id={$run['id']}"));
            $text = text_of($messages['data'][0]['content']);
        }
        return array_filter(['status' => $run['status'], 'text' => $text], fn ($value) => $value !== null);
    }

    /** The run and the text of a stream. Throws where it breaks off. */
    private function listen(array $body): array
    {
        [$run, $text, $done, $problem] = [null, '', false, null];
        $events = new Events(function (string $name, string $data) use (&$run, &$text, &$done): void {
            if ($done || $data === '[DONE]') {
                $done = true;
            } elseif ($name === 'error') {
                throw new RuntimeException($data);
            } elseif ($name === 'thread.message.delta') {
                $text .= text_of(read_json($data)['delta']['content']);
            } elseif (str_starts_with($name, 'thread.run.') && !str_starts_with($name, 'thread.run.step.')) {
                $run = read_json($data);
            }
        });
        $write = function ($handle, string $piece) use ($events, &$done, &$problem): int {
            $type = (string) curl_getinfo($handle, CURLINFO_CONTENT_TYPE);
            try {
                if (!str_starts_with($type, 'text/event-stream')) {
                    throw new RuntimeException("a stream was asked for, and $type came");
                }
                $events->take($piece);
            } catch (Throwable $thrown) {
                $problem = $thrown;
            }
            return $done || $problem ? 0 : strlen($piece);
        };
        try {
            $this->ask("{$this->path}/submit_tool_outputs", $body, $write);
        } catch (RuntimeException $broken) {
            // Writing less than what came ends the transfer, which is what done is for.
            $problem ??= $done ? null : $broken;
        }
        if ($problem !== null) {
            throw $problem;
        }
        if (!$done && ($run === null || in_array($run['status'], MOVING, true))) {
            throw new RuntimeException('the stream ended before the run did');
        }
        return [$run, $text];
    }

    private function ask(string $url, ?array $body = null, ?Closure $write = null): string
    {
        $headers = ["Authorization: Bearer {$this->given['OPENAI_API_KEY']}", 'Content-Type: application/json', 'OpenAI-Beta: assistants=v2'];
        $handle = curl_init($url);
        curl_setopt_array($handle, [CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 20]);
        if ($body !== null) {
            curl_setopt($handle, CURLOPT_POSTFIELDS, json_encode($body, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR));
        }
        if ($write !== null) {
            curl_setopt($handle, CURLOPT_FAILONERROR, true);
            curl_setopt($handle, CURLOPT_WRITEFUNCTION, $write);
        }
        $answer = curl_exec($handle);
        $status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
        if (curl_errno($handle) !== 0 || $status >= 300) {
            throw new RuntimeException("answered $status: " . (curl_error($handle) ?: $answer));
        }
        return (string) $answer;
    }
}

function outcome(array $given): array
{
    try {
        return (new Driver($given))->drive();
    } catch (Throwable $thrown) {
        return ['error' => $thrown::class . ': ' . $thrown->getMessage()];
    }
}

if (getenv('CONFORMANCE_PERSISTENT')) {
    while (($line = fgets(STDIN)) !== false) {
        $said = outcome(read_json($line));
        echo json_encode(['exit' => isset($said['error']) ? 1 : 0, ...$said], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    }
} else {
    $said = outcome(getenv());
    file_put_contents(getenv('CONFORMANCE_OUTCOME'), json_encode($said, JSON_INVALID_UTF8_SUBSTITUTE));
    exit(isset($said['error']) ? 1 : 0);
}
