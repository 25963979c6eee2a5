using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.Training.Metrics;

namespace VkSparseGrad.Tests.Text;

/// <summary>That another task needs no more than a row of the table.</summary>
[TestClass]
public sealed class GlueTaskTests
{
    private static readonly GlueTask Pairs = new()
    {
        Name = "QQP",
        Train = new GlueFile("train.tsv"),
        Dev = new GlueFile("dev.tsv"),
        Test = new GlueFile("test.tsv"),
        Text = "question1",
        Pair = "question2",
        Label = "is_duplicate",
        LabelWords = ["0", "1"],
        Metrics = [Metric.F1, Metric.Accuracy],
        SkipsUnreadableLabels = true,
    };

    private static readonly GlueTask Words = new()
    {
        Name = "RTE",
        Train = new GlueFile("train.tsv"),
        Dev = new GlueFile("dev.tsv"),
        Test = new GlueFile("test.tsv"),
        Text = "sentence1",
        Pair = "sentence2",
        Label = "label",
        LabelWords = ["entailment", "not_entailment"],
        Metrics = [Metric.Accuracy],
    };

    private static readonly GlueTask Scores = Words with { Name = "STS-B", Label = "score", LabelWords = [], Metrics = [Metric.Pearson, Metric.Spearman] };

    [TestMethod]
    public void Broken_rows_of_a_pair_task_are_reported_by_line()
    {
        var data = Load(
            Pairs,
            "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tWho?\tWhat?\t1\n1\t2\t3\n1\t2\t3\ta\tb\tc\t1\n1\t2\t3\ta\tb\tx\n1\t2\t3\ta\tb\t2\n");

        Assert.AreEqual(new GlueExample("Who?", "What?", 1, 2), data.Examples.Single());
        Assert.AreEqual(4, data.Skipped.Count);
        CollectionAssert.AreEqual(new[] { 3, 4, 5, 6 }, data.Skipped.First.Select(row => row.Line).ToArray());
        Assert.ThrowsExactly<DatasetException>(() => Load(Pairs, "question1\tquestion2\tis_duplicate\na\tb\t1\na\tb\t-1\n"));
    }

    [TestMethod]
    public void Label_words_become_classes()
    {
        var data = Load(Words, "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tnot_entailment\n1\tc\td\tentailment\n");

        CollectionAssert.AreEqual(new float?[] { 1, 0 }, data.Examples.Select(example => example.Label).ToArray());
        Assert.AreEqual(2, Words.Outputs);
    }

    [TestMethod]
    public void Scores_are_read_and_written_whatever_the_culture()
    {
        using var culture = new ForeignCulture();

        var data = Load(Scores, "sentence1\tsentence2\tscore\na\tb\t5.000\na\tb\t3.8\na\tb\t0\n");

        CollectionAssert.AreEqual(new float?[] { 5, 3.8f, 0 }, data.Examples.Select(example => example.Label).ToArray());
        Assert.AreEqual(1, Scores.Outputs);
        Assert.AreEqual("index\tprediction\n0\t2.500\n1\t-0.250\n", Write(Scores, [2.5f, -0.25f]));
    }

    [TestMethod]
    [DataRow("5,0")]
    [DataRow("abc")]
    [DataRow("NaN")]
    [DataRow("Infinity")]
    public void A_score_that_is_no_number_is_an_error_naming_the_line(string score)
    {
        using var culture = new ForeignCulture();

        var error = Assert.ThrowsExactly<DatasetException>(() => Load(Scores, $"sentence1\tsentence2\tscore\na\tb\t1\na\tb\t{score}\n"));

        StringAssert.Contains(error.Message, "line 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Predictions_are_written_with_the_tasks_words()
    {
        Assert.AreEqual("index\tprediction\n0\tentailment\n1\tnot_entailment\n", Write(Words, [0, 1]));
        Assert.AreEqual("index\tprediction\n", Write(Words, []));
    }

    [TestMethod]
    [DataRow(2f)]
    [DataRow(-1f)]
    [DataRow(0.5f)]
    [DataRow(float.NaN)]
    public void A_prediction_that_is_no_label_is_refused(float prediction) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Write(Words, [prediction]));

    [TestMethod]
    public void A_score_that_is_not_finite_is_not_written() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Write(Scores, [float.NaN]));

    [TestMethod]
    [DataRow("cola", "CoLA")]
    [DataRow("SST-2", "SST-2")]
    [DataRow("sst2", "SST-2")]
    public void Tasks_are_found_by_name(string name, string expected)
    {
        Assert.IsTrue(GlueTasks.TryFind(name, out var task));
        Assert.AreEqual(expected, task.Name);
    }

    [TestMethod]
    public void Unknown_tasks_are_not_found() => Assert.IsFalse(GlueTasks.TryFind("coca", out _));

    [TestMethod]
    public void Colas_official_metric_comes_first() => Assert.AreEqual("matthews_correlation", GlueTasks.Cola.Metrics[0].Name);

    private static GlueDataset Load(GlueTask task, string content)
    {
        using var folder = new TempFolder();
        folder.Write("train.tsv", content);
        return GlueDataset.Load(folder.Path, task, GlueSplit.Train);
    }

    private static string Write(GlueTask task, float[] predictions)
    {
        using var writer = new StringWriter();
        GluePredictions.Write(writer, task, predictions);
        return writer.ToString();
    }
}
