using VkSparseGrad.ModelLoaders.Datasets.Chat;
using static VkSparseGrad.Tests.Text.ChatFolder;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class ChatHostileTests
{
    private static readonly string Good = Tree(User("q", "", Bot("a", "")));

    [TestMethod]
    [DataRow("{", "not JSON, or nested more than 518 deep")]
    [DataRow("{\"prompt\": {\"text\": \"\0\"}}", "not JSON, or nested more than 518 deep")]
    [DataRow("7", "not an object")]
    [DataRow("[{}]", "not an object")]
    [DataRow("{}", "no 'messages', 'prompt' or 'text'")]
    [DataRow("""{"prompt": null}""", "no 'messages', 'prompt' or 'text'")]
    [DataRow("""{"prompt": "q", "response": "a"}""", "'prompt' is not an object")]
    [DataRow("""{"prompt": {"role": "prompter"}}""", "'text' is missing")]
    [DataRow("""{"prompt": {"text": "q"}}""", "'role' is missing")]
    [DataRow("""{"prompt": {"text": 1, "role": "prompter"}}""", "'text' is not a text")]
    [DataRow("""{"prompt": {"text": "\ud800", "role": "prompter"}}""", "'text' has half a surrogate pair")]
    [DataRow("""{"prompt": {"text": "q", "role": "moderator"}}""", "role 'moderator'")]
    [DataRow("""{"prompt": {"text": "q", "role": "prompter", "deleted": 1}}""", "'deleted' is not true or false")]
    [DataRow("""{"prompt": {"text": "q", "role": "prompter", "rank": "1"}}""", "'rank' is not a number")]
    [DataRow("""{"prompt": {"text": "q", "role": "prompter", "lang": []}}""", "'lang' is not a text")]
    [DataRow("""{"prompt": {"text": "q", "role": "prompter", "replies": {}}}""", "'replies' is not an array")]
    [DataRow("""{"prompt": {"text": "q", "role": "prompter", "replies": [1]}}""", "a message is not an object")]
    [DataRow("""{"text": "q", "role": "prompter"}""", "'message_id' is missing")]
    [DataRow("""{"messages": "q"}""", "'messages' is not an array")]
    [DataRow("""{"messages": []}""", "no answer")]
    [DataRow("""{"messages": [1]}""", "message 1 is not an object")]
    [DataRow("""{"messages": [{"role": "user", "content": [{"type": "text"}]}]}""", "'content' is not a text")]
    [DataRow("""{"messages": [{"role": "user", "content": "q"}]}""", "no answer")]
    [DataRow("""{"messages": [{"role": "user", "content": " "}]}""", "message 1 has no text")]
    [DataRow("""{"messages": [{"role": "tool", "content": "q"}]}""", "role 'tool'")]
    [DataRow("""{"messages": [{"role": "assistant", "content": "a"}]}""", "message 1 answers none of the user's")]
    [DataRow("""{"messages": [{"role": "user", "content": "q"}, {"role": "user", "content": "r"}]}""", "message 2 is the user's, as is the one before")]
    [DataRow("""{"messages": [{"role": "user", "content": "q"}, {"role": "system", "content": "r"}]}""", "message 2 is the system's, which may only be the first")]
    public void A_row_that_cannot_be_read_is_skipped_and_counted_or_an_error(string row, string reason)
    {
        var content = $"{Good}\n{row}\n";

        StringAssert.EndsWith(Skipped(content), $"1 row skipped: line 3 ({reason})", StringComparison.Ordinal);
        StringAssert.EndsWith(Refused(content, strict: true), $"line 3 is no conversation: {reason}.", StringComparison.Ordinal);
        StringAssert.EndsWith(Refused(row.StartsWith('[') ? $"\"\"\n{row}" : row), $" ({reason}).", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Elements_of_an_array_are_counted_as_such()
    {
        StringAssert.EndsWith(Skipped($"[{Good}, 7]"), "1 row skipped: element 2 (not an object)", StringComparison.Ordinal);
        StringAssert.EndsWith(Refused($"[{Good},\n"), "line 3 is not JSON, or nested more than 518 deep.", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Bytes_that_are_no_text_are_skipped()
    {
        using var folder = new TempFolder();
        var path = folder.Write("chat.jsonl", [.. System.Text.Encoding.UTF8.GetBytes(Good), (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'\n']);

        var data = ChatDataset.Load(path, new LetterEncoder(), new() { BlockSize = 100 });

        StringAssert.EndsWith(data.Report[^1], "1 row skipped: line 2 (not valid UTF-8)", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow(255, null)]
    [DataRow(256, "a thread has more than 255 messages")]
    [DataRow(100_000, "not JSON, or nested more than 518 deep")]
    public void Depth_is_bounded(int depth, string? reason)
    {
        var roles = Enumerable.Range(0, depth).Select(level => level % 2 == 0 ? "prompter" : "assistant");
        var opened = string.Join(",\"replies\":[", roles.Select(role => $$"""{"text":"x","role":"{{role}}" """));
        var content = Good + Tree(opened + "}" + string.Concat(Enumerable.Repeat("]}", depth - 1)));

        if (reason is null)
            Assert.IsFalse(Load(content).Report.Any(line => line.Contains("skipped", StringComparison.Ordinal)));
        else
            StringAssert.EndsWith(Skipped(content), $"1 row skipped: line 2 ({reason})", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Depth_of_linked_messages_is_bounded()
    {
        var rows = Enumerable.Range(0, 100_000).Select(
            level => $$"""{"message_id":"{{level}}","parent_id":{{(level == 0 ? "null" : $"\"{level - 1}\"")}},"text":"x","role":"{{(level % 2 == 0 ? "user" : "assistant")}}"}""");

        StringAssert.Contains(
            Skipped(string.Join('\n', rows)), "99745 rows skipped: line 256 (no first message within the 255 up to it), line 257 ", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_long_text_is_cut()
    {
        var data = Load(Tree(User("q", "", Bot(new string('a', 10_000_000), ""))));

        Assert.AreEqual(1, data.Training.Packed.CutTexts);
        Assert.AreEqual(10_000_000 + " }".Length + 1, data.Training.Packed.Predicted);
    }

    [TestMethod]
    public void Threads_that_repeat_too_much_are_not_listed()
    {
        var content = Tree(User(new string('q', 1_000_000), "", [.. Enumerable.Range(0, 100).Select(_ => Bot("a", ""))]));

        StringAssert.EndsWith(Skipped(Good + content), "line 2 (its threads have more than 67108864 characters together)", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_NUL_that_is_escaped_is_text()
    {
        CollectionAssert.AreEqual(new[] { ". a\0b }" }, Learned(Tree(User("q", "", Bot("a\\u0000b", "")))));
    }
}
