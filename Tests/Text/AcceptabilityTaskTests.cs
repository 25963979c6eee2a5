using VkSparseGrad.Cli.Demo;
using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class AcceptabilityTaskTests
{
    private static readonly AcceptabilityTask Task = AcceptabilityTask.Generate(seed: 1);

    [TestMethod]
    public void Written_files_load_as_CoLA()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "new", "task");

        Task.Write(path);
        Task.Write(path);

        var train = GlueDataset.Load(path, GlueTasks.Cola, GlueSplit.Train, strict: true);
        var dev = GlueDataset.Load(path, GlueTasks.Cola, GlueSplit.Dev, strict: true);
        Assert.HasCount(2000, train.Examples);
        Assert.HasCount(496, dev.Examples);
        Assert.AreEqual(1000, train.Examples.Count(example => example.Label == 1));
        Assert.AreEqual(248, dev.Examples.Count(example => example.Label == 1));
        CollectionAssert.AreEquivalent(new[] { "train.tsv", "dev.tsv" }, Directory.GetFiles(path).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void No_sentence_occurs_twice()
    {
        var sentences = Task.TrainPairs.Concat(Task.DevPairs).SelectMany(pair => new[] { pair.Acceptable, pair.Unacceptable }).ToArray();

        Assert.HasCount(sentences.Length, sentences.Distinct().ToArray());
    }

    [TestMethod]
    public void Pairs_differ_in_one_word()
    {
        foreach (var pair in Task.TrainPairs.Concat(Task.DevPairs))
        {
            var (good, bad) = (pair.Acceptable.Split(' '), pair.Unacceptable.Split(' '));
            Assert.HasCount(good.Length, bad);
            Assert.AreEqual(1, good.Zip(bad).Count(words => words.First != words.Second), pair.Unacceptable);
        }
    }

    [TestMethod]
    public void Sentences_are_written_as_sentences()
    {
        foreach (var sentence in Task.TrainPairs.Concat(Task.DevPairs).SelectMany(pair => new[] { pair.Acceptable, pair.Unacceptable }))
            StringAssert.Matches(sentence, new("^The [a-zM ]+[A-Za-z]\\.$|^The [a-z ]+ on Sundays\\.$"), sentence);
    }

    [TestMethod]
    public void Every_phenomenon_has_the_same_share()
    {
        foreach (var (pairs, share) in new[] { (Task.TrainPairs, 250), (Task.DevPairs, 62) })
        {
            var counts = pairs.CountBy(pair => pair.Phenomenon).ToArray();
            Assert.HasCount(4, counts);
            Assert.IsTrue(counts.All(count => count.Value == share));
        }
    }

    [TestMethod]
    public void Half_of_the_dev_split_has_words_that_training_never_shows()
    {
        var known = Task.TrainPairs.SelectMany(Words).ToHashSet();

        var unseen = Task.DevPairs.Count(pair => Words(pair).Any(word => !known.Contains(word)));

        Assert.AreEqual(Task.DevPairs.Count / 2, unseen);
    }

    [TestMethod]
    public void Pairs_read_as_intended()
    {
        var all = Phenomena.All.SelectMany(phenomenon => phenomenon()).Select(candidate => candidate.Pair).ToHashSet();

        foreach (var expected in new[]
        {
            new MinimalPair("verb", "The farmer sleeps after dinner.", "The farmer sleep after dinner."),
            new MinimalPair("verb", "The children sing in the garden.", "The children sings in the garden."),
            new MinimalPair("distractor", "The teacher near the tables smiles.", "The teacher near the tables smile."),
            new MinimalPair("determiner", "The pilot cleaned these boxes.", "The pilot cleaned this boxes."),
            new MinimalPair("determiner", "The nurse found that lamp.", "The nurse found those lamp."),
            new MinimalPair("reflexive", "The queen blamed herself yesterday.", "The queen blamed himself yesterday."),
            new MinimalPair("reflexive", "The men hurt themselves again.", "The men hurt himself again."),
        })
            Assert.IsTrue(all.Contains(expected), expected.Acceptable);
    }

    [TestMethod]
    public void Equal_seeds_give_equal_tasks_and_others_do_not()
    {
        CollectionAssert.AreEqual(Task.Train.ToArray(), AcceptabilityTask.Generate(1).Train.ToArray());
        CollectionAssert.AreNotEqual(Task.Train.ToArray(), AcceptabilityTask.Generate(2).Train.ToArray());
    }

    [TestMethod]
    public void Sizes_are_what_is_asked_for()
    {
        var task = AcceptabilityTask.Generate(3, trainRows: 80, devRows: 32);

        Assert.HasCount(80, task.Train);
        Assert.HasCount(32, task.Dev);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => AcceptabilityTask.Generate(3, trainRows: 7));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => AcceptabilityTask.Generate(3, devRows: 15));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => AcceptabilityTask.Generate(3, trainRows: 1_000_000));
    }

    private static IEnumerable<string> Words(MinimalPair pair) => $"{pair.Acceptable} {pair.Unacceptable}".Split(' ', '.');
}
