using System.Text.Json;

namespace VkSparseGrad.Tests.Cli;

/// <summary><c>generate</c> on a tiny random LLaMA.</summary>
[TestClass]
public sealed class GenerateTests : OwnCacheTests
{
    [TestMethod]
    public void The_prompt_goes_on_and_an_empty_one_begins()
    {
        using var task = new TinyLanguageTask();
        string Text(params string[] more)
        {
            CommandRun run = CommandRun.Of(TinyLanguageTask.Generate(task.Model, more));
            run.AssertSuccess();
            Assert.AreEqual("", run.Error);
            return run.Output;
        }

        string greedy = Text("--prompt", "hi a", "--greedy");
        Assert.StartsWith("hi a", greedy);
        Assert.IsGreaterThan("hi a\n".Length, greedy.Length);
        Assert.AreEqual(greedy, Text("--prompt", "hi a", "--greedy", "--seed", "9"));
        Assert.AreEqual(greedy, Text("--prompt", "hi a", "--temperature", "0.0001"));
        Assert.AreEqual(greedy, Text("--prompt", "hi a", "--top-p", "0.000001"));
        Assert.StartsWith(Text("--prompt", "hi a", "--greedy", "--max-new-tokens", "3").TrimEnd('\n', '\ufffd'), greedy);

        string sampled = Text("--prompt", "", "--seed", "4", "--max-new-tokens", "40");
        Assert.AreEqual(sampled, Text("--prompt", "", "--seed", "4", "--max-new-tokens", "40"));
        Assert.AreNotEqual(sampled, Text("--prompt", "", "--seed", "5", "--max-new-tokens", "40"));
        Assert.IsGreaterThan(1, sampled.Length);

        // In a conversation the answer alone is shown.
        Assert.AreNotEqual(greedy, Text("--prompt", "hi a", "--greedy", "--chat"));

        // The model has 96 positions, and ends there.
        Text("--prompt", "hi", "--greedy", "--max-new-tokens", "1000000");
    }

    [TestMethod]
    public void A_file_of_lines_is_answered()
    {
        using var task = new TinyLanguageTask();
        string questions = Path.Combine(task.Root, "questions.txt"), answers = Path.Combine(task.Root, "more", "answers.jsonl");
        File.WriteAllText(questions, "hi\n\na hi\r\nhi \"a\"\n");

        CommandRun run = CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--questions", questions, "--answers", answers, "--greedy"));

        run.AssertSuccess();
        Assert.Contains("3 of 3 questions answered", run.Output);
        JsonElement[] lines = Lines(answers);
        CollectionAssert.AreEqual(new[] { "hi", "a hi", "hi \"a\"" }, lines.Select(line => line.GetProperty("prompt").GetString()).ToArray());
        foreach (JsonElement line in lines)
        {
            string answer = line.GetProperty("answers").EnumerateArray().Single().GetString()!;
            string prompt = line.GetProperty("prompt").GetString()!;
            CommandRun alone = CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--prompt", prompt, "--greedy"));
            Assert.AreEqual(prompt + answer + Environment.NewLine, alone.Output);
        }

        CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--questions", questions, "--answers", answers)).AssertFailure(1, "exists", "--overwrite");
        CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--questions", questions, "--answers", questions, "--overwrite")).AssertFailure(1, "is read from");
        CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--questions", questions, "--answers", answers, "--overwrite")).AssertSuccess();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Turns_are_asked_one_after_another_and_other_fields_stay(bool chat)
    {
        using var task = new TinyLanguageTask();
        string questions = Path.Combine(task.Root, "questions.jsonl"), answers = Path.Combine(task.Root, "answers.jsonl");
        File.WriteAllText(questions, """
            {"question_id": 81, "category": "writing", "turns": ["hi", "a hi"]}
            {"prompt": "hi", "reference": {"é": [1.50]}}

            {"turns": ["a hi"]}
            """);

        CommandRun.Of(TinyLanguageTask.Generate(
            task.Model, ["--questions", questions, "--answers", answers, "--greedy", "--max-new-tokens", "4", .. chat ? (string[])["--chat"] : []])).AssertSuccess();

        JsonElement[] lines = Lines(answers);
        Assert.HasCount(3, lines);
        Assert.AreEqual(81, lines[0].GetProperty("question_id").GetInt32());
        Assert.AreEqual("writing", lines[0].GetProperty("category").GetString());
        Assert.AreEqual("1.50", lines[1].GetProperty("reference").GetProperty("é")[0].GetRawText());
        string[][] given = [.. lines.Select(line => line.GetProperty("answers").EnumerateArray().Select(answer => answer.GetString()!).ToArray())];
        CollectionAssert.AreEqual(new[] { 2, 1, 1 }, given.Select(answer => answer.Length).ToArray());
        Assert.AreEqual(given[0][0], given[1][0], "the same question");
        Assert.AreNotEqual(given[0][1], given[2][0], "the second turn has the first in front");
    }

    public static IEnumerable<object[]> Refusals =>
    [
        ["Give either --prompt or --questions", (string[])[]],
        ["Give either --prompt or --questions", (string[])["--prompt", "hi", "--questions", "q.txt"]],
        ["--questions and --answers go together", (string[])["--questions", "q.txt"]],
        ["--questions and --answers go together", (string[])["--prompt", "hi", "--answers", "a.txt"]],
        ["does not exist", (string[])["--questions", "/nowhere/q.txt", "--answers", "a.txt"]],
        ["no such folder", (string[])["--model", "/nowhere/at-all", "--prompt", "hi"]],
        ["/nowhere/adapter", (string[])["--adapter", "/nowhere/adapter", "--prompt", "hi"]],
        ["--temperature", (string[])["--prompt", "hi", "--temperature", "0"]],
        ["--top-p", (string[])["--prompt", "hi", "--top-p", "1.5"]],
        ["--max-new-tokens", (string[])["--prompt", "hi", "--max-new-tokens", "0"]],
        ["--promt", (string[])["--promt", "hi"]],
        ["but the model has 96 positions; shorten it", (string[])["--prompt", new string('x', 96)]],
    ];

    [TestMethod]
    [DynamicData(nameof(Refusals))]
    public void A_refusal_is_one_line(string message, string[] more)
    {
        using var task = new TinyLanguageTask();

        CommandRun run = CommandRun.Of(TinyLanguageTask.Generate(task.Model, more));

        Assert.AreNotEqual(0, run.ExitCode);
        run.AssertFailure(run.ExitCode, message);
        task.AssertNothingWritten();
    }

    [TestMethod]
    [DataRow("{\"turns\": []}", "line 1")]
    [DataRow("{\"prompt\": \"hi\"}\n{\"prompt\": 5}", "line 2")]
    [DataRow("{\"turns\": [\"hi\", null]}", "line 1")]
    [DataRow("[\"hi\"]", "line 1")]
    [DataRow("{\"prompt\": ", "line 1")]
    [DataRow("{\"prompt\": \"a\", \"prompt\": \"b\"}", "line 1")]
    [DataRow("\n \n", "holds no question")]
    public void A_question_that_is_none_is_refused_with_its_line(string content, string message)
    {
        using var task = new TinyLanguageTask();
        string questions = Path.Combine(task.Root, "questions.jsonl"), answers = Path.Combine(task.Root, "answers.jsonl");
        File.WriteAllText(questions, content);

        CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--questions", questions, "--answers", answers)).AssertFailure(1, message);

        Assert.IsFalse(File.Exists(answers));
    }

    private static JsonElement[] Lines(string path) => [.. File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
}
