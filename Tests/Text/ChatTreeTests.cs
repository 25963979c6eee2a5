using VkSparseGrad.ModelLoaders.Datasets.Chat;
using static VkSparseGrad.Tests.Text.ChatFolder;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class ChatTreeTests
{
    // q: a (then r: c; s: d; t), b.
    private static readonly string Branching = Tree(User(
        "q", "", Bot("b", ", \"rank\": 1"), Bot("a", ", \"rank\": 0", User("r", "", Bot("c", "")), User("s", "", Bot("d", "")), User("t", ""))));

    [TestMethod]
    public void Every_last_answer_is_a_thread_and_each_answer_is_learned_once()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "{[INST] q [/INST] a }{[INST] r [/INST] c }",
                "{[INST] q [/INST] a }{[INST] s [/INST] d }",
                "{[INST] q [/INST] b }",
            },
            Whole(Branching));
        CollectionAssert.AreEqual(new[] { ". a }. c }", ". d }", ". b }" }, Learned(Branching));
    }

    [TestMethod]
    public void Loss_on_all_learns_each_message_once()
    {
        CollectionAssert.AreEqual(
            new[] { "{[INST] q [/INST] a }{[INST] r [/INST] c }", ".{[INST] s [/INST] d }", ". b }" },
            Learned(Branching, new ChatOptions { LossOn = LossOn.All }));
    }

    [TestMethod]
    public void The_best_thread_follows_the_ranks()
    {
        CollectionAssert.AreEqual(
            new[] { "{[INST] q [/INST] a }{[INST] r [/INST] c }" }, Whole(Branching, new ChatOptions { Threads = ThreadChoice.Best }));
    }

    [TestMethod]
    [DataRow(", \"rank\": null", "a b")]
    [DataRow(", \"rank\": 3", "b a")]
    [DataRow(", \"rank\": 1.0", "a b")]
    [DataRow("", "a b")]
    public void Ranked_replies_come_first(string rank, string order)
    {
        var tree = Tree(User("q", "", Bot("b", rank), Bot("a", rank.Contains('3', StringComparison.Ordinal) ? "" : ", \"rank\": 0")));

        Assert.AreEqual(order, string.Join(' ', Learned(tree).Select(text => text[2])));
    }

    [TestMethod]
    [DataRow(", \"deleted\": true", "3 deleted")]
    [DataRow(", \"review_result\": false", "3 rejected by review")]
    public void Unwanted_messages_are_left_out_with_what_follows(string field, string reason)
    {
        var content = Tree(User("q", "", Bot("a", ", \"review_result\": null", User("r", field, Bot("c", "", User("s", "")))), Bot("b", ", \"deleted\": null")));

        CollectionAssert.AreEqual(new[] { ". a }", ". b }" }, Learned(content));
        StringAssert.EndsWith(Load(content).Report[^1], $"3 messages left out: {reason}", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Messages_without_text_or_out_of_turn_are_left_out()
    {
        var content = Tree(User("q", "", Bot("a", "", Bot("more", "")), Bot(" ", ""), User("r", "")));

        CollectionAssert.AreEqual(new[] { ". a }" }, Learned(content));
        StringAssert.EndsWith(Load(content).Report[^1], "3 messages left out: 2 out of turn, 1 without text", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_language_is_chosen_by_message()
    {
        var content = Tree(User("q", ", \"lang\": \"en\"", Bot("a", ", \"lang\": \"EN\""), Bot("b", ", \"lang\": \"de\""), Bot("c", "")))
            + Tree(User("f", ", \"lang\": \"de\"", Bot("g", ", \"lang\": \"de\"")));

        CollectionAssert.AreEqual(new[] { ". a }" }, Learned(content, new ChatOptions { Language = "en" }));
        Assert.HasCount(4, Learned(content));
        var error = Refused(content, new ChatOptions { Language = "fr" });
        StringAssert.Contains(error, "no conversation with an answer; 6 messages left out: 6 not of the language", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Single_messages_are_linked_in_any_order()
    {
        const string Content = """
            {"message_id": "3", "parent_id": "2", "text": "r", "role": "prompter"}
            {"message_id": "2", "parent_id": "1", "text": "a", "role": "assistant"}
            {"message_id": "1", "parent_id": null, "text": "q", "role": "prompter"}

            {"message_id": "4", "parent_id": "3", "text": "c", "role": "assistant"}
            {"message_id": "5", "parent_id": "1", "text": "b", "role": "assistant"}
            """;
        var array = "\uFEFF [" + string.Join(',', Content.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Replace("parent_id", "parent_message_id", StringComparison.Ordinal)
            .Replace("\"message_id", "\"user_message_id", StringComparison.Ordinal) + "]";

        string[] expected = [". a }. c }", ". b }"];
        CollectionAssert.AreEqual(expected, Learned(Content));
        CollectionAssert.AreEqual(expected, Learned(array));
    }

    [TestMethod]
    public void Single_messages_below_no_first_one_are_skipped()
    {
        const string Content = """
            {"message_id": "1", "text": "q", "role": "prompter"}
            {"message_id": "2", "parent_id": "1", "text": "a", "role": "assistant"}
            {"message_id": "3", "parent_id": "4", "text": "x", "role": "assistant"}
            {"message_id": "4", "parent_id": "3", "text": "y", "role": "prompter"}
            {"message_id": "5", "parent_id": "9", "text": "z", "role": "assistant"}
            {"message_id": "5", "parent_id": "1", "text": "z", "role": "assistant"}
            """;

        CollectionAssert.AreEqual(new[] { ". a }" }, Learned(Content));
        StringAssert.Contains(
            Skipped(Content),
            "4 rows skipped: line 6 (message '5' is there twice), line 3 (no first message within the 255 up to it), line 4 (no f",
            StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_tree_that_is_there_twice_is_taken_once()
    {
        var tree = Tree(User("q", ", \"message_id\": \"t\"", Bot("a", "")));

        CollectionAssert.AreEqual(new[] { ". a }" }, Learned(tree + tree));
        StringAssert.Contains(Skipped(tree + tree), "1 row skipped: line 2 (tree 't' is there twice)", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Lists_of_messages_are_conversations()
    {
        const string Content = """
            {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "r"}]}
            {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": "f"}, {"role": "assistant", "content": "g"}]}
            """;

        CollectionAssert.AreEqual(new[] { "{[INST] <<SYS>>\nS\n<</SYS>>\n\nq [/INST] a }", "{[INST] f [/INST] g }" }, Whole(Content));
        CollectionAssert.AreEqual(new[] { ". a }", ". g }" }, Learned($"[{Content.Replace('\n', ',')}]"));
    }
}
