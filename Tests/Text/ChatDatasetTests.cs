using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using static VkSparseGrad.Tests.Text.ChatFolder;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class ChatDatasetTests
{
    // Twenty trees of two threads; the letter of a tree is in all its messages.
    private static readonly string Trees = string.Concat(
        Enumerable.Range('a', 20).Select(letter => Tree(User($"{(char)letter}", "", Bot($"{(char)letter}", ""), Bot($"{(char)letter}", "")))));

    [TestMethod]
    public void A_tree_is_in_one_part_as_a_whole()
    {
        var (training, validation) = Split(seed: 1);

        Assert.AreEqual(16, training.Length);
        Assert.AreEqual(4, validation.Length);
        Assert.AreEqual("", new string([.. training.Intersect(validation)]));
        Assert.AreEqual(training, new string([.. training.Order()]));
        Assert.AreEqual((training, validation), Split(seed: 1));
        Assert.AreNotEqual((training, validation), Split(seed: 2));
    }

    [TestMethod]
    public void A_share_of_0_keeps_nothing_and_a_small_one_a_tree()
    {
        Assert.AreEqual("", Split(1, share: 0).Validation);
        Assert.AreEqual(1, Split(1, share: 0.001).Validation.Length);
        Assert.AreEqual(19, Split(1, share: 0.999).Validation.Length);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Split(1, share: 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Split(1, share: double.NaN));
    }

    [TestMethod]
    public void A_folder_may_have_both_files()
    {
        using var folder = new TempFolder();
        folder.Write("train.jsonl", Tree(User("q", ", \"message_id\": \"1\"", Bot("a", ""))));
        folder.Write("validation.json", $"[{Tree(User("f", "", Bot("g", "")))}, {Tree(User("q", ", \"message_id\": \"1\"", Bot("a", "")))}]");
        folder.Write("README.md", "");

        var data = ChatDataset.Load(folder.Path, new LetterEncoder(), new LanguageOptions { BlockSize = 100 });

        CollectionAssert.AreEqual(new[] { "train.jsonl", "validation.json" }, data.Files.Select(Path.GetFileName).ToArray());
        Assert.AreEqual(" a }".Length, data.Training.Packed.Predicted);
        Assert.AreEqual((1, "trees"), data.Validation.Counts[0]);
        StringAssert.EndsWith(data.Report[^1], "element 2 (tree '1' is there twice)", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("", "nor another such file")]
    [DataRow("a.json b.jsonl", "but a.json, b.jsonl; name the file")]
    [DataRow("validation.jsonl", "but validation.jsonl; name the file")]
    [DataRow("train.json train.jsonl", "train.json and train.jsonl; leave one")]
    public void A_folder_that_does_not_say_its_file_is_refused(string files, string error)
    {
        using var folder = new TempFolder();
        foreach (var file in files.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            folder.Write(file, Trees);

        StringAssert.Contains(Refuse(folder.Path), error, StringComparison.Ordinal);
        StringAssert.Contains(Refuse(folder.File("missing")), "does not exist; give a file, or a folder with train.jsonl", StringComparison.Ordinal);
    }

    [TestMethod]
    public void The_report_says_what_became_of_everything()
    {
        var content = Tree(User("q", "", Bot("a", "", User("r", "", Bot("b", "")), User("s", "", Bot("c", "")), User("t", "")))) + "{}\n";

        CollectionAssert.AreEqual(
            new[]
            {
                "training: 1 trees, 2 threads, 6 messages; 1 blocks of up to 1000 tokens: 84 tokens, 12 of them learned, 91.6% of the room unused; 0 texts cut, 0 without a learned token left out",
                "validation: none",
                "chat.jsonl: 1 row skipped: line 2 (no 'messages', 'prompt' or 'text')",
                "chat.jsonl: 1 message left out: 1 without an answer",
            },
            Load(content).Report.Select(line => line.StartsWith('/') ? line[(line.IndexOf("chat.jsonl", StringComparison.Ordinal))..] : line).ToArray());
    }

    [TestMethod]
    public void A_prompt_that_fills_the_blocks_leaves_pieces_out()
    {
        using var folder = new TempFolder();
        var path = folder.Write("chat.jsonl", Tree(User(new string('q', 100), "", Bot("a", ""))));
        var encoder = new LetterEncoder();

        var data = ChatDataset.Load(path, encoder, new LanguageOptions { BlockSize = 50 });

        var text = data.Training.Blocks.Single().Texts.Single();
        Assert.AreEqual(". a }", encoder.ShowLearned(text));
        Assert.AreEqual((1, 2), (data.Training.Packed.CutTexts, data.Training.Packed.LeftOut));
    }

    // Counts of the published files by other means: see PROVENANCE.md beside them, and a script apart from this code.
    [TestMethod]
    [DataRow("en_100_tree.jsonl", ThreadChoice.All, "100 trees, 546 threads, 941 messages", "226 messages left out: 226 without an answer")]
    [DataRow("en_100_tree.jsonl", ThreadChoice.Best, "100 trees, 100 threads, 290 messages", "226 messages left out: 226 without an answer")]
    [DataRow("realistic_seed_data.json", ThreadChoice.All, "74 trees, 156 threads, 434 messages", "10 messages left out: 10 out of turn")]
    public void Real_trees_are_read_whole(string file, ThreadChoice threads, string counts, string leftOut)
    {
        var path = SharedFolder.Require("data", "oasst", file);

        var data = ChatDataset.Load(path, new LetterEncoder(4), new LanguageOptions { BlockSize = 512, ValidationShare = 0, Strict = true }, new ChatOptions { Threads = threads });

        StringAssert.StartsWith(data.Training.ToString(), counts, StringComparison.Ordinal);
        StringAssert.EndsWith(data.Report[^1], leftOut, StringComparison.Ordinal);
        Assert.HasCount(3, data.Report);
        Assert.IsTrue(data.Training.Blocks.All(block => block.Tokens <= 512 && block.Predicted > 0));
        Assert.IsLessThan(0.1, (double)data.Training.Packed.Unused / data.Training.Packed.Tokens);
    }

    [TestMethod]
    public void Real_answers_are_each_learned_once()
    {
        var path = SharedFolder.Require("data", "oasst", "en_100_tree.jsonl");

        var data = ChatDataset.Load(path, new LetterEncoder(), new LanguageOptions { BlockSize = 512 });

        Assert.AreEqual(90, data.Training.Counts[0].Count);
        Assert.AreEqual(10, data.Validation.Counts[0].Count);

        // The characters of the 687 answers, and for each a space on both sides and the end.
        Assert.AreEqual(557063 + (687 * 3), data.Training.Packed.Predicted + data.Validation.Packed.Predicted);
    }

    private static (string Training, string Validation) Split(ulong seed, double share = 0.2)
    {
        using var folder = new TempFolder();
        var encoder = new LetterEncoder();
        var data = ChatDataset.Load(folder.Write("a.jsonl", Trees), encoder, new LanguageOptions { BlockSize = 30, ValidationShare = share, Seed = seed });
        Assert.IsTrue(data.Training.Blocks.Concat(data.Validation.Blocks).All(block => block.Texts.Count == 1));
        return (Letters(data.Training), Letters(data.Validation));

        // Each tree's letter, once for its two threads of one answer each.
        string Letters(LanguagePart part) =>
            new([.. part.Blocks.Select(block => encoder.ShowLearned(block.Texts[0])[2]).Chunk(2).Select(pair => pair.Distinct().Single())]);
    }

    private static string Refuse(string path) =>
        Assert.ThrowsExactly<DatasetException>(() => ChatDataset.Load(path, new LetterEncoder(), new LanguageOptions { BlockSize = 100 })).Message;
}
