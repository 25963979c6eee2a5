using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class GlueRealFileTests
{
    [TestMethod]
    [DataRow("cola", GlueSplit.Train, "train.tsv", new[] { 2528, 6023 })]
    [DataRow("cola", GlueSplit.Dev, "dev.tsv", new[] { 322, 721 })]
    [DataRow("cola", GlueSplit.Dev, "in_domain_dev.tsv", new[] { 162, 365 })]
    [DataRow("cola", GlueSplit.Dev, "out_of_domain_dev.tsv", new[] { 162, 354 })]
    [DataRow("sst2", GlueSplit.Train, "train.tsv", new[] { 29780, 37569 })]
    [DataRow("sst2", GlueSplit.Dev, "dev.tsv", new[] { 428, 444 })]
    [DataRow("sst2", GlueSplit.Dev, "test_labeled.tsv", new[] { 912, 909 })]
    [DataRow("mrpc", GlueSplit.Train, "train.tsv", new[] { 1194, 2474 })]
    [DataRow("mrpc", GlueSplit.Dev, "dev.tsv", new[] { 129, 279 })]
    [DataRow("mrpc", GlueSplit.Train, "msr_paraphrase_train.txt", new[] { 1323, 2753 })]
    [DataRow("mrpc", GlueSplit.Dev, "msr_paraphrase_test.txt", new[] { 578, 1147 })]
    [DataRow("qqp", GlueSplit.Train, "train_sample.tsv", new[] { 5747, 3252 })]
    [DataRow("qqp", GlueSplit.Dev, "train_holdout_sample.tsv", new[] { 623, 377 })]
    [DataRow("qqp", GlueSplit.Train, "kshot16_train.tsv", new[] { 16, 16 })]
    [DataRow("qqp", GlueSplit.Dev, "kshot16_dev.tsv", new[] { 16, 16 })]
    [DataRow("mnli", GlueSplit.Train, "train_sample.tsv", new[] { 3061, 2980, 2958 })]
    [DataRow("mnli", GlueSplit.Dev, "train_holdout_sample.tsv", new[] { 347, 333, 320 })]
    [DataRow("mnli", GlueSplit.Train, "kshot16_train.tsv", new[] { 16, 16, 16 })]
    [DataRow("mnli", GlueSplit.Dev, "kshot16_dev_matched.tsv", new[] { 16, 16, 16 })]
    [DataRow("qnli", GlueSplit.Train, "train_sample.tsv", new[] { 4523, 4476 })]
    [DataRow("qnli", GlueSplit.Dev, "train_holdout_sample.tsv", new[] { 504, 496 })]
    [DataRow("qnli", GlueSplit.Dev, "dev.tsv", new[] { 2702, 2761 })]
    [DataRow("rte", GlueSplit.Train, "train.tsv", new[] { 1249, 1241 })]
    [DataRow("rte", GlueSplit.Dev, "dev.tsv", new[] { 146, 131 })]
    [DataRow("wnli", GlueSplit.Train, "train.tsv", new[] { 323, 312 })]
    [DataRow("wnli", GlueSplit.Dev, "dev.tsv", new[] { 40, 31 })]
    public void Files_of_classes_have_the_published_counts(string name, GlueSplit split, string file, int[] counts)
    {
        GlueDataset data = LoadWhole(name, split, file);

        CollectionAssert.AreEqual(counts, Enumerable.Range(0, counts.Length).Select(label => data.Examples.Count(example => example.Label == label)).ToArray());
        Assert.AreEqual(counts.Sum(), data.Examples.Count);
    }

    [TestMethod]
    [DataRow(GlueSplit.Train, "train.tsv", 5749, 2.701)]
    [DataRow(GlueSplit.Dev, "dev.tsv", 1500, 2.364)]
    [DataRow(GlueSplit.Dev, "test_labeled.tsv", 1379, 2.608)]
    public void Files_of_scores_have_the_published_means(GlueSplit split, string file, int rows, double mean)
    {
        GlueDataset data = LoadWhole("stsb", split, file);

        Assert.HasCount(rows, data.Examples);
        Assert.AreEqual(mean, data.Examples.Average(example => (double)example.Label!.Value), 0.001);
        Assert.IsTrue(data.Examples.All(example => example.Label is >= 0 and <= 5));
    }

    [TestMethod]
    [DataRow("sst2", "test_labeled.tsv", 1821)]
    [DataRow("mrpc", "msr_paraphrase_test.txt", 1725)]
    [DataRow("stsb", "test_labeled.tsv", 1379)]
    public void Labels_are_left_unread_where_none_are_wanted(string name, string file, int rows)
    {
        GlueTask task = Find(name);

        var data = GlueDataset.Load(SharedFolder.Require("data", name), task, task.File(GlueSplit.Test, file), labelled: false, strict: true);

        Assert.HasCount(rows, data.Examples);
        Assert.IsTrue(data.Examples.All(example => example.Label is null));
        CollectionAssert.AllItemsAreUnique(data.Examples.Select(example => example.Index).ToArray());
    }

    [TestMethod]
    public void One_tasks_folder_given_as_the_others_is_refused()
    {
        string[] names = ["cola", "sst2", "mrpc", "stsb", "rte"];
        foreach (string folder in names)
        {
            foreach (string other in names.Where(name => name != folder))
            {
                Assert.ThrowsExactly<DatasetException>(
                    () => GlueDataset.Load(SharedFolder.Require("data", folder), Find(other), GlueSplit.Train), $"{folder} as {other}");
            }
        }
    }

    /// <summary>Reads a file, none of whose rows may be left out; its lines are counted by other means.</summary>
    private static GlueDataset LoadWhole(string name, GlueSplit split, string file)
    {
        GlueTask task = Find(name);
        string folder = SharedFolder.Require("data", name);
        int lines = File.ReadAllText(Path.Combine(folder, file)).Split('\n').Count(line => line.Trim().Length > 0);

        var data = GlueDataset.Load(folder, task, task.File(split, file), labelled: true, strict: true);

        Assert.HasCount(lines - (task.File(split, file).HeaderlessColumns is null ? 1 : 0), data.Examples);
        Assert.IsTrue(data.Examples.All(example => example.Text.Trim().Length > 0));
        Assert.IsTrue(data.Examples.All(example => task.Pair is null ? example.Pair is null : example.Pair!.Trim().Length > 0));
        return data;
    }

    private static GlueTask Find(string name)
    {
        Assert.IsTrue(GlueTasks.TryFind(name, out var task));
        return task;
    }
}
