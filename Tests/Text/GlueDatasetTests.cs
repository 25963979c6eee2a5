using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class GlueDatasetTests
{
    [TestMethod]
    public void Quotes_are_text()
    {
        var data = LoadSst2("sentence\tlabel\n\"one\t1\ntwo \"x\" y\t0\nthree\"\t1\n\"\"\t0\n");

        CollectionAssert.AreEqual(new[] { "\"one", "two \"x\" y", "three\"", "\"\"" }, data.Examples.Select(example => example.Text).ToArray());
        CollectionAssert.AreEqual(new float?[] { 1, 0, 1, 0 }, data.Examples.Select(example => example.Label).ToArray());
        CollectionAssert.AreEqual(new[] { 2, 3, 4, 5 }, data.Examples.Select(example => example.Line).ToArray());
    }

    [TestMethod]
    [DataRow("sentence\tlabel\na\t1\nb\t0\n\n", "2 3")]
    [DataRow("sentence\tlabel\n\na\t1\n\n\nb\t0", "3 6")]
    [DataRow("\nsentence\tlabel\na\t1\n  \nb\t0\n", "3 5")]
    [DataRow("sentence\tlabel\r\na\t1\r\n\r\nb\t0\r\n", "2 4")]
    [DataRow("\uFEFFsentence\tlabel\na\t1\nb\t0\n", "2 3")]
    public void Blank_lines_count_as_lines_and_not_as_rows(string content, string lines)
    {
        var data = LoadSst2(content);

        Assert.AreEqual(lines, string.Join(' ', data.Examples.Select(example => example.Line)));
        CollectionAssert.AreEqual(new[] { "a", "b" }, data.Examples.Select(example => example.Text).ToArray());
        Assert.AreEqual(0, data.Skipped.Count);
    }

    [TestMethod]
    public void A_lone_carriage_return_ends_no_line()
    {
        var data = LoadSst2("sentence\tlabel\na\rb\t1\n");

        Assert.AreEqual("a\rb", data.Examples.Single().Text);
    }

    [TestMethod]
    public void Cola_has_four_columns_and_no_header_but_in_its_test_split()
    {
        using var folder = new TempFolder();
        folder.Write("train.tsv", "gj04\t1\t\tThe dog barks.\ngj04\t0\t*\tDog the barks.\n");
        folder.Write("test.tsv", "index\tsentence\n0\tCats sleep.\n");

        var train = GlueDataset.Load(folder.Path, GlueTasks.Cola, GlueSplit.Train);
        var test = GlueDataset.Load(folder.Path, GlueTasks.Cola, GlueSplit.Test);

        CollectionAssert.AreEqual(
            new[] { new GlueExample("The dog barks.", null, 1, 1, "0"), new GlueExample("Dog the barks.", null, 0, 2, "1") },
            train.Examples.ToArray());
        Assert.AreEqual(new GlueExample("Cats sleep.", null, null, 2, "0"), test.Examples.Single());
    }

    [TestMethod]
    [DataRow("index\tsentence\n0\ta film\n1\ta story\n")]
    [DataRow("sentence\tlabel\na film\t-1\na story\t-1\n")]
    public void Test_splits_have_no_labels(string content)
    {
        var data = Load(GlueTasks.Sst2, GlueSplit.Test, content);

        CollectionAssert.AreEqual(new[] { "a film", "a story" }, data.Examples.Select(example => example.Text).ToArray());
        Assert.IsTrue(data.Examples.All(example => example.Label is null));
    }

    [TestMethod]
    [DataRow("-1")]
    [DataRow("2")]
    [DataRow("x")]
    [DataRow("")]
    [DataRow("1.0")]
    public void A_label_that_is_none_is_an_error_naming_the_line(string label)
    {
        var error = Refused(() => LoadSst2($"sentence\tlabel\na\t1\nb\t{label}\n"));

        StringAssert.Contains(error, "line 3", StringComparison.Ordinal);
        StringAssert.Contains(error, $"'{label}'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Another_tasks_file_is_refused()
    {
        var sst2AsCola = Refused(() => Load(GlueTasks.Cola, GlueSplit.Train, "sentence\tlabel\na film\t1\n"));
        var colaAsSst2 = Refused(() => LoadSst2("gj04\t1\t\tThe dog barks.\n"));
        var headedCola = Refused(() => Load(GlueTasks.Cola, GlueSplit.Dev, "source\tlabel\tmark\tsentence\ngj04\t1\t\tThe dog barks.\n"));

        StringAssert.Contains(sst2AsCola, "line 1 has 2 columns", StringComparison.Ordinal);
        StringAssert.Contains(colaAsSst2, "no column 'sentence'", StringComparison.Ordinal);
        StringAssert.Contains(headedCola, "line 1 has the label 'label'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Rows_that_do_not_fit_are_skipped_and_counted()
    {
        var data = LoadSst2("sentence\tlabel\na\t1\nno label\nb\t0\tmore\nc\t0\n");

        CollectionAssert.AreEqual(new[] { "a", "c" }, data.Examples.Select(example => example.Text).ToArray());
        Assert.AreEqual("2 rows skipped: line 3 (1 column, not 2), line 4 (3 columns, not 2)", data.Skipped.ToString());
    }

    [TestMethod]
    public void Only_the_first_skipped_rows_are_listed()
    {
        var data = LoadSst2("sentence\tlabel\na\t1\n" + string.Concat(Enumerable.Repeat("bad\n", 1000)));

        Assert.AreEqual(1000, data.Skipped.Count);
        Assert.HasCount(5, data.Skipped.First);
        StringAssert.EndsWith(data.Skipped.ToString(), "line 7 (1 column, not 2), ...", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_row_that_does_not_fit_is_an_error_where_strict()
    {
        using var folder = new TempFolder();
        folder.Write("train.tsv", "sentence\tlabel\na\t1\nno label\n");

        var error = Refused(() => GlueDataset.Load(folder.Path, GlueTasks.Sst2, GlueSplit.Train, strict: true));

        StringAssert.Contains(error, "line 3", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("\n\n")]
    [DataRow("sentence\tlabel\n")]
    [DataRow("sentence\tlabel\nbad\n")]
    public void A_file_without_an_example_is_an_error(string content) => Refused(() => LoadSst2(content));

    [TestMethod]
    public void A_missing_file_is_one_line_that_lists_what_is_looked_for()
    {
        using var folder = new TempFolder();
        folder.Write("dev.tsv", "sentence\tlabel\na\t1\n");

        var error = Refused(() => GlueDataset.Load(folder.Path, GlueTasks.Sst2, GlueSplit.Train));

        foreach (var expected in new[] { folder.Path, "SST-2", "train.tsv", "dev.tsv", "test.tsv" })
            StringAssert.Contains(error, expected, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Bytes_that_are_not_UTF8_are_an_error_with_their_line()
    {
        using var folder = new TempFolder();
        folder.Write("train.tsv", [.. "sentence\tlabel\na"u8, 0xE9, .. "\t1\n"u8]);

        var error = Refused(() => GlueDataset.Load(folder.Path, GlueTasks.Sst2, GlueSplit.Train));

        StringAssert.Contains(error, "line 2", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Reading_stops_after_the_rows_asked_for()
    {
        using var folder = new TempFolder();
        folder.Write("train.tsv", "sentence\tlabel\na\t1\nbad\nb\t0\nc\t7\n");

        var data = GlueDataset.Load(folder.Path, GlueTasks.Sst2, GlueSplit.Train, maxRows: 2);

        CollectionAssert.AreEqual(new[] { "a", "b" }, data.Examples.Select(example => example.Text).ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GlueDataset.Load(folder.Path, GlueTasks.Sst2, GlueSplit.Train, maxRows: 0));
    }

    private static GlueDataset LoadSst2(string content) => Load(GlueTasks.Sst2, GlueSplit.Train, content);

    private static GlueDataset Load(GlueTask task, GlueSplit split, string content)
    {
        using var folder = new TempFolder();
        folder.Write(task.Files(split)[0].Name, content);
        return GlueDataset.Load(folder.Path, task, split);
    }

    private static string Refused(Action load)
    {
        var message = Assert.ThrowsExactly<DatasetException>(load).Message;
        Assert.DoesNotContain("\n", message);
        return message;
    }
}
