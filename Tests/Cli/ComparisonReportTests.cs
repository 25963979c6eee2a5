using Spectre.Console;
using VkSparseGrad.Cli.Compare;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Display;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Compare.Report;
using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Plans and tables of results that are put in, without any run.</summary>
[TestClass]
public sealed class ComparisonReportTests
{
    private static readonly Dictionary<string, string> None = [];

    [TestMethod]
    public void Deviation_is_that_of_a_sample()
    {
        Assert.IsNull(Spread.Of([]));
        Assert.AreEqual(new Spread(3, null), Spread.Of([3]));
        Spread spread = Spread.Of([2, 4, 4, 4, 5, 5, 7, 9])!;
        Assert.AreEqual(5, spread.Mean);
        Assert.AreEqual(Math.Sqrt(32.0 / 7), spread.Deviation!.Value, 1e-15);
        Assert.AreEqual("5.00 ± 2.14", spread.Describe("F2"));
        Assert.AreEqual("3.0000 ± -", new Spread(3, null).Describe());
    }

    [TestMethod]
    public void A_method_s_settings_win_over_a_task_s_and_those_over_the_shared_ones()
    {
        using var comparison = new TinyComparison();
        ComparisonPlan plan = ComparisonPlan.Of(Request(comparison) with
        {
            Tasks =
            [
                new TaskRequest(GlueTasks.Cola, null, new Dictionary<string, string> { ["--epochs"] = "2", ["--batch-size"] = "2", ["--shuffle-rows"] = "false" }),
                new TaskRequest(GlueTasks.Sst2, "sst-2", None),
            ],
            Methods = [new MethodRequest("full", "full", new Dictionary<string, string> { ["--epochs"] = "3" }), new MethodRequest("other", "full", None)],
            Settings = new Dictionary<string, string> { ["--reset-head"] = "true", ["--epochs"] = "1", ["--batch-size"] = "1", ["--shuffle-rows"] = "true" },
            Seeds = [7],
        });
        CollectionAssert.AreEqual(
            new[] { "cola full 3 2 False", "cola other 2 2 False", "sst2 full 3 1 True", "sst2 other 1 1 True" },
            plan.Cells.Select(cell => $"{cell.Task} {cell.Method.Name} {cell.Settings.Training.Epochs} {cell.Settings.Training.BatchSize} {cell.Settings.ShuffleRows}").ToArray());
        Assert.IsTrue(plan.Cells.All(cell => cell.Seed == 7));
        Assert.AreEqual(Path.Combine(comparison.Data, "sst-2"), plan.Cells[^1].Settings.Data);
        Assert.AreEqual(comparison.Cell("sst2", "other", 7), plan.Cells[^1].Folder);
    }

    [TestMethod]
    public void Variations_multiply_and_leave_other_methods_alone()
    {
        using var comparison = new TinyComparison();
        ComparisonPlan plan = ComparisonPlan.Of(Request(comparison) with
        {
            Methods = [new MethodRequest("full", "full", None), new MethodRequest("meprop", "meprop", None), new MethodRequest("sg", "sparsegrad", None)],
            Fractions = ["0.01", "1"],
            Selections = ["every-step", "rows:0.125,refresh:20"],
        });
        CollectionAssert.AreEqual(
            new[]
            {
                "full", "meprop-fraction-0.01", "meprop-fraction-1", "sg-selection-every-step-fraction-0.01", "sg-selection-every-step-fraction-1",
                "sg-selection-rows-0.125-refresh-20-fraction-0.01", "sg-selection-rows-0.125-refresh-20-fraction-1",
            },
            plan.Methods.Select(method => method.Folder).ToArray());
        Assert.HasCount(3, VariationTables.Families(plan));
        Assert.AreEqual("rows:0.125,refresh:20", plan.Cells[^1].Settings.Training.Selection.ToString());
    }

    [TestMethod]
    public void Two_numbers_of_a_task_stand_side_by_side_and_average_as_one()
    {
        using var comparison = new TinyComparison();
        var state = new ComparisonState(ComparisonPlan.Of(Request(comparison)));
        Finish(state, "cola", "full", 1, ("matthews_correlation", 0.5), ("accuracy", 0.75));
        Finish(state, "cola", "full", 2, ("matthews_correlation", 0.25), ("accuracy", 0.5));
        Finish(state, "sst2", "full", 1, ("accuracy", 0.5), ("accuracy_mismatched", 0.25));
        Finish(state, "sst2", "full", 2, ("accuracy", 0.5), ("accuracy_mismatched", 0.75));
        Finish(state, "cola", "sparsegrad", 1, ("matthews_correlation", null), ("accuracy", 0.5));
        Finish(state, "cola", "sparsegrad", 2, ("matthews_correlation", 0.5), ("accuracy", 0.5));
        ReportTable Scores() => ScoreTables.Of(state).Single();

        CollectionAssert.AreEqual(
            new[] { "method", "cola: matthews_correlation", "sst2: accuracy / accuracy_mismatched", "average", "trained parameters", "of these in the MLP" },
            Scores().Columns.ToArray());
        CollectionAssert.AreEqual(
            new[] { "full", "0.3750 ± 0.1768", "0.5000 ± 0.0000 / 0.5000 ± 0.3536", "-", "1,000", "100" }, Scores().Rows[0].ToArray());
        CollectionAssert.AreEqual(
            new[] { "sparsegrad", "0.5000 ± - (1 of 2 undefined)", "-", "-", "1,000", "100" }, Scores().Rows[1].ToArray());
        Assert.Contains("no average", Scores().Note!);

        Finish(state, "sst2", "sparsegrad", 1, ("accuracy", 1), ("accuracy_mismatched", 0.5));
        Assert.AreEqual("1.0000 ± - / 0.5000 ± - (1 of 2 seeds)", Scores().Rows[1][2]);
        Assert.AreEqual("0.5000", Scores().Rows[0][3]);
        Assert.AreEqual("0.7500", Scores().Rows[1][3]);
        Assert.Contains("The average is over sst2, which", Scores().Note!);
    }

    [TestMethod]
    public void Speed_stands_beside_full_fine_tuning_of_the_same_tasks()
    {
        using var comparison = new TinyComparison();
        var state = new ComparisonState(ComparisonPlan.Of(Request(comparison) with { Seeds = [1] }));
        Finish(state, "cola", "full", 1, speed: 4, peak: 100 << 20);
        Finish(state, "sst2", "full", 1, speed: 100, peak: 800 << 20);
        Finish(state, "cola", "sparsegrad", 1, speed: 3, peak: 50 << 20);

        ReportTable[] tables = [.. SpeedTables.Of(state)];

        CollectionAssert.AreEqual(
            new[] { "sparsegrad", "3.00", "0.75x", "300", "0.75x", "50.0 MiB", "0.50x", "-", "-" }, tables[0].Rows[1].ToArray());
        Assert.AreEqual("4.00", tables[0].Rows[0][1], "the other task has no SparseGrad to stand beside");
        CollectionAssert.AreEqual(new[] { "full", "4.00 (1.00x)", "100.00 (1.00x)" }, tables[1].Rows[0].ToArray());
        CollectionAssert.AreEqual(new[] { "sparsegrad", "3.00 (0.75x)", "-" }, tables[1].Rows[1].ToArray());
    }

    [TestMethod]
    public void Speeds_of_several_devices_are_not_set_beside_each_other()
    {
        using var comparison = new TinyComparison();
        var state = new ComparisonState(ComparisonPlan.Of(Request(comparison) with { Seeds = [1] }));
        Finish(state, "cola", "full", 1, speed: 4, peak: 100 << 20);
        state.Finish(Find(state, "cola", "sparsegrad", 1), Result([("accuracy", 0.5)], 40, 50 << 20) with { Device = "another" });

        ReportTable[] tables = [.. SpeedTables.Of(state)];

        Assert.Contains("several devices: device; another", tables[0].Note!);
        CollectionAssert.AreEqual(new[] { "sparsegrad", "-", "-", "-", "-", "50.0 MiB", "0.50x", "-", "-" }, tables[0].Rows[1].ToArray());
        CollectionAssert.AreEqual(new[] { "Peak device memory by task" }, tables.Skip(1).Select(table => table.Title).ToArray());
    }

    [TestMethod]
    public void A_terminal_sees_the_table_and_the_cell_at_work()
    {
        using var comparison = new TinyComparison();
        var state = new ComparisonState(ComparisonPlan.Of(Request(comparison)));
        var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 120;
        var display = new LiveComparison(console, state);

        display.Show(() =>
        {
            display.Begin(Find(state, "cola", "full", 1)).Show("training", 10, bar =>
            {
                Thread.Sleep(300);
                bar.Report(2, "loss 0.6931");
            });
            Finish(state, "cola", "full", 1, ("matthews_correlation", 0.5));
            display.End(Find(state, "cola", "full", 1), "");
        });

        Assert.MatchesRegex(@"cola, full, seed 1: training 2 of 10, loss 0\.6931, \d+\.\d s left", output.ToString());
        Assert.MatchesRegex(@"cola +│ full +│ 1 of 2 +│ matthews_correlation 0\.5000 ± -", output.ToString());
    }

    private static ComparisonRequest Request(TinyComparison comparison) => new()
    {
        Model = comparison.Model,
        Data = comparison.Data,
        Output = comparison.Output,
        Tasks = [new TaskRequest(GlueTasks.Cola, null, None), new TaskRequest(GlueTasks.Sst2, null, None)],
        Methods = [new MethodRequest("full", "full", None), new MethodRequest("sparsegrad", "sparsegrad", None)],
        Seeds = [1, 2],
        Settings = new Dictionary<string, string> { ["--reset-head"] = "true" },
        Source = "",
    };

    private static void Finish(ComparisonState state, string task, string method, ulong seed, params (string, double?)[] scores) =>
        state.Finish(Find(state, task, method, seed), Result(scores, 1, 1));

    private static void Finish(ComparisonState state, string task, string method, ulong seed, double speed, long peak) =>
        state.Finish(Find(state, task, method, seed), Result([("accuracy", 0.5)], speed, peak));

    private static Cell Find(ComparisonState state, string task, string method, ulong seed) =>
        state.Plan.Cells.Single(cell => cell.Task == task && cell.Method.Name == method && cell.Seed == seed);

    private static CellResult Result(IReadOnlyList<(string, double?)> scores, double speed, long peak) => new()
    {
        Scores = scores,
        StepsPerSecond = speed,
        TokensPerSecond = 100 * speed,
        PeakBytes = peak,
        PreliminarySeconds = null,
        BasisSeconds = null,
        TrainedParameters = 1000,
        TrainedMlpParameters = 100,
        KeptEnergy = null,
        Device = "device",
        Driver = "driver",
        Losses = [1, 0.5],
    };
}
