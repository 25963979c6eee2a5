using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Text;

/// <summary>What each task's row of the table says, on a few lines of its files.</summary>
[TestClass]
public sealed class GlueTaskTests
{
    private const string QqpHeader = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
    private const string StsbHeader = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n";
    private const string StsbStart = "0\tmain-captions\tMSRvid\t2012test\t0001\tnone\tnone\tA plane.\tA kite.\t";

    private static readonly string MnliStart = string.Join('\t', "index", "promptID", "pairID", "genre", "sentence1_binary_parse",
        "sentence2_binary_parse", "sentence1_parse", "sentence2_parse", "sentence1", "sentence2");

    /// <summary>Field case 41.</summary>
    [TestMethod]
    public void Broken_rows_of_QQP_are_skipped_and_reported_by_line_or_an_error()
    {
        const string content = QqpHeader
            + "1\t2\t3\tWho?\tWhat?\t1\n1\t2\t3\n1\t2\t3\ta\tb\tc\t1\n1\t2\t3\ta\tb\tx\n1\t2\t3\ta\tb\t2\n";

        var data = Load(GlueTasks.Qqp, content);

        Assert.AreEqual(new GlueExample("Who?", "What?", 1, 2, "1"), data.Examples.Single());
        Assert.AreEqual(
            "4 rows skipped: line 3 (3 columns, not 6), line 4 (7 columns, not 6), line 5 (label 'x'), line 6 (label '2')", data.Skipped.ToString());
        StringAssert.Contains(Refused(() => Load(GlueTasks.Qqp, content, strict: true)), "line 3", StringComparison.Ordinal);
        StringAssert.Contains(Refused(() => Load(GlueTasks.Qqp, QqpHeader + "1\t2\t3\ta\tb\t1\n1\t2\t3\ta\tb\t-1\n")), "line 3 has the label '-1'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Quotes_of_QQPs_CSV_past_stay_in_the_text() => Assert.AreEqual(
        "\"What does \"\"otoke\"\" mean?\"",
        Load(GlueTasks.Qqp, QqpHeader + "1\t2\t3\t\"What does \"\"otoke\"\" mean?\"\tWho?\t0\n").Examples.Single().Text);

    /// <summary>Field case 42; byte-order mark and CR LF are those of Microsoft's own files.</summary>
    [TestMethod]
    [DataRow("", "\n")]
    [DataRow("\uFEFF", "\r\n")]
    public void MRPC_has_its_own_column_names_and_blank_lines_are_no_rows(string start, string end)
    {
        string[] lines = ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", "1\t10\t11\tHe \"left .\tHe went .", "", "0\t12\t13\tA\tB", "", ""];

        var data = Load(GlueTasks.Mrpc, start + string.Join(end, lines));

        CollectionAssert.AreEqual(
            new[] { new GlueExample("He \"left .", "He went .", 1, 2, "0"), new GlueExample("A", "B", 0, 4, "1") }, data.Examples.ToArray());
        Assert.AreEqual(0, data.Skipped.Count);
    }

    [TestMethod]
    public void MNLI_is_read_by_column_name_in_the_order_of_its_classes()
    {
        const string cells = "7\t7\t7c\tfiction\t( a )\t( b )\t(A)\t(B)\tA.\u00a0\t B.";
        var train = Load(GlueTasks.Mnli, $"{MnliStart}\tlabel1\tgold_label\n{cells}\tneutral\tneutral\n{cells}\tneutral\t-\n");
        var dev = Load(
            GlueTasks.Mnli,
            $"{MnliStart}\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n" +
            $"{cells}\tneutral\tneutral\tneutral\tneutral\tneutral\tcontradiction\n{cells}\tneutral\tneutral\tneutral\tneutral\tneutral\tentailment\n");

        Assert.AreEqual(new GlueExample("A.\u00a0", " B.", 1, 2, "7"), train.Examples.Single());
        Assert.AreEqual("1 row skipped: line 3 (label '-')", train.Skipped.ToString());
        CollectionAssert.AreEqual(new float?[] { 2, 0 }, dev.Examples.Select(example => example.Label).ToArray());
        Assert.AreEqual(3, GlueTasks.Mnli.Outputs);
    }

    [TestMethod]
    [DataRow("QNLI", "index\tquestion\tsentence\tlabel\n0\tWho?\tHe.\tnot_entailment\n1\tWho?\tShe.\tentailment\n")]
    [DataRow("RTE", "index\tsentence1\tsentence2\tlabel\n0\tWho?\tHe.\tnot_entailment\n1\tWho?\tShe.\tentailment\n")]
    [DataRow("WNLI", "index\tsentence1\tsentence2\tlabel\n0\tWho?\tHe.\t1\n1\tWho?\tShe.\t0\n")]
    public void Pairs_of_two_classes(string name, string content)
    {
        var data = Load(Find(name), content);

        CollectionAssert.AreEqual(
            new[] { new GlueExample("Who?", "He.", 1, 2, "0"), new GlueExample("Who?", "She.", 0, 3, "1") }, data.Examples.ToArray());
        StringAssert.Contains(Refused(() => Load(Find(name), content + "2\tWho?\tIt.\tneutral\n")), "line 4 has the label 'neutral'", StringComparison.Ordinal);
    }

    /// <summary>Field case 47.</summary>
    [TestMethod]
    public void STSB_has_scores_whatever_the_culture()
    {
        using var culture = new ForeignCulture();

        var data = Load(GlueTasks.Stsb, $"{StsbHeader}{StsbStart}5.000\n{StsbStart}0.000\n{StsbStart}2.5\n{StsbStart}3.6\n{StsbStart}0\n");

        CollectionAssert.AreEqual(new float?[] { 5, 0, 2.5f, 3.6f, 0 }, data.Examples.Select(example => example.Label).ToArray());
        Assert.AreEqual("A kite.", data.Examples[0].Pair);
        Assert.AreEqual(1, GlueTasks.Stsb.Outputs);
        Assert.AreEqual("index\tprediction\n0\t2.500\n1\t-0.250\n", Write(GlueTasks.Stsb, [2.5f, -0.25f]));
    }

    [TestMethod]
    [DataRow("5,0")]
    [DataRow("abc")]
    [DataRow("NaN")]
    [DataRow("Infinity")]
    [DataRow("-1")]
    [DataRow("")]
    public void A_score_that_is_no_number_is_an_error_naming_the_line(string score)
    {
        using var culture = new ForeignCulture();

        var error = Refused(() => Load(GlueTasks.Stsb, $"{StsbHeader}{StsbStart}1\n{StsbStart}{score}\n"));

        StringAssert.Contains(error, $"line 3 has the label '{score}', not a number such as 3.6", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Other_columns_than_those_needed_make_no_difference() => Assert.AreEqual(
        new GlueExample("a", "b", 2, 2, "0"),
        Load(GlueTasks.Mnli, "gold_label\tsentence2\tnote\tsentence1\ncontradiction\tb\tx\ta\n").Examples.Single());

    [TestMethod]
    public void A_column_that_is_there_twice_is_refused() => StringAssert.Contains(
        Refused(() => Load(GlueTasks.Rte, "sentence1\tsentence1\tsentence2\tlabel\na\tb\tc\tentailment\n")),
        "line 1 is not a header of RTE: there are two columns 'sentence1'", StringComparison.Ordinal);

    [TestMethod]
    public void Rows_without_an_index_are_counted_with_the_skipped_ones() => CollectionAssert.AreEqual(
        new[] { "0", "2" },
        Load(GlueTasks.Sst2, "sentence\tlabel\na\t1\nbad\nb\t0\n").Examples.Select(example => example.Index).ToArray());

    [TestMethod]
    [DataRow("CoLA", "matthews_correlation accuracy")]
    [DataRow("SST-2", "accuracy")]
    [DataRow("MRPC", "f1 accuracy")]
    [DataRow("QQP", "f1 accuracy")]
    [DataRow("STS-B", "pearson spearmanr")]
    [DataRow("MNLI", "accuracy")]
    [DataRow("QNLI", "accuracy")]
    [DataRow("RTE", "accuracy")]
    [DataRow("WNLI", "accuracy")]
    public void The_official_metrics_the_first_first(string name, string metrics) =>
        Assert.AreEqual(metrics, string.Join(' ', Find(name).Metrics.Select(metric => metric.Name)));

    [TestMethod]
    public void MNLI_is_scored_and_predicted_on_two_files()
    {
        GlueTask task = GlueTasks.Mnli;

        CollectionAssert.AreEqual(new[] { "dev_matched.tsv", "dev_mismatched.tsv" }, task.Dev.Select(file => file.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "", "_mismatched" }, task.Dev.Select(file => file.MetricSuffix).ToArray());
        CollectionAssert.AreEqual(new[] { "test_matched.tsv", "test_mismatched.tsv" }, task.Test.Select(file => file.Name).ToArray());
        Assert.AreEqual("_mismatched", task.File(GlueSplit.Dev, "dev_mismatched.tsv").MetricSuffix);
        Assert.AreEqual("", task.File(GlueSplit.Dev, "other.tsv").MetricSuffix);
    }

    [TestMethod]
    public void Predictions_are_named_as_the_benchmark_wants_them() => CollectionAssert.AreEqual(
        new[] { "CoLA.tsv", "SST-2.tsv", "MRPC.tsv", "QQP.tsv", "STS-B.tsv", "MNLI-m.tsv", "MNLI-mm.tsv", "QNLI.tsv", "RTE.tsv", "WNLI.tsv" },
        GlueTasks.All.SelectMany(task => task.Test.Select(file => GluePredictions.FileName(task, file))).ToArray());

    [TestMethod]
    public void Predictions_are_written_with_the_tasks_words_and_the_files_indices()
    {
        Assert.AreEqual("index\tprediction\n0\tentailment\n1\tnot_entailment\n", Write(GlueTasks.Rte, [0, 1]));
        Assert.AreEqual("index\tprediction\n0\tcontradiction\n1\tneutral\n2\tentailment\n", Write(GlueTasks.Mnli, [2, 1, 0]));
        Assert.AreEqual("index\tprediction\n0\t0\n1\t1\n", Write(GlueTasks.Wnli, [0, 1]));
        Assert.AreEqual("index\tprediction\n", Write(GlueTasks.Rte, []));

        using var writer = new StringWriter();
        GluePredictions.Write(writer, GlueTasks.Qnli, [new GlueExample("a", "b", null, 2, "17")], [1]);
        Assert.AreEqual("index\tprediction\n17\tnot_entailment\n", writer.ToString());
        Assert.ThrowsExactly<ArgumentException>(() => GluePredictions.Write(writer, GlueTasks.Qnli, [], [1]));
    }

    [TestMethod]
    [DataRow(2f)]
    [DataRow(-1f)]
    [DataRow(0.5f)]
    [DataRow(float.NaN)]
    public void A_prediction_that_is_no_label_is_refused(float prediction) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Write(GlueTasks.Rte, [prediction]));

    [TestMethod]
    public void A_score_that_is_not_finite_is_not_written() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Write(GlueTasks.Stsb, [float.NaN]));

    [TestMethod]
    [DataRow("cola", "CoLA")]
    [DataRow("SST-2", "SST-2")]
    [DataRow("sst2", "SST-2")]
    [DataRow("stsb", "STS-B")]
    public void Tasks_are_found_by_name(string name, string expected) => Assert.AreEqual(expected, Find(name).Name);

    [TestMethod]
    public void Unknown_tasks_are_not_found() => Assert.IsFalse(GlueTasks.TryFind("coca", out _));

    private static GlueTask Find(string name)
    {
        Assert.IsTrue(GlueTasks.TryFind(name, out var task));
        return task;
    }

    private static GlueDataset Load(GlueTask task, string content, bool strict = false)
    {
        using var folder = new TempFolder();
        folder.Write("train.tsv", content);
        return GlueDataset.Load(folder.Path, task, GlueSplit.Train, strict: strict);
    }

    private static string Refused(Action load) => Assert.ThrowsExactly<DatasetException>(load).Message;

    private static string Write(GlueTask task, float[] predictions)
    {
        using var writer = new StringWriter();
        GluePredictions.Write(writer, task, [.. predictions.Select((_, i) => new GlueExample("", "", null, i, $"{i}"))], predictions);
        return writer.ToString();
    }
}
