using VkSparseGrad.Tests.Text;

namespace VkSparseGrad.Tests.Cli;

[TestClass]
public sealed class UsageTests
{
    [TestMethod]
    [DataRow("--learing-rate 1e-3", "unknown option '--learing-rate'; did you mean '--learning-rate'?")]
    [DataRow("--learing-rate=1e-3", "did you mean '--learning-rate'?")]
    [DataRow("--frobnicate", "unknown option '--frobnicate' (see 'vksparsegrad train --help')")]
    [DataRow("--epochs 3 --epochs 5", "--epochs is given 2 times; give it once.")]
    [DataRow("--overwrite --overwrite", "--overwrite is given 2 times; give it once.")]
    [DataRow("--epochs -1", "--epochs is '-1'; it must be a whole number from 1 to 1000.")]
    [DataRow("--epochs 1.5", "--epochs is '1.5'; it must be a whole number")]
    [DataRow("--epochs", "--epochs")]
    [DataRow("--batch-size 0", "--batch-size is '0'; it must be a whole number from 1 to 4096.")]
    [DataRow("--learning-rate nan", "--learning-rate is 'nan'; it must be a number above 0, such as 1e-4.")]
    [DataRow("--learning-rate 2,5e-5", "--learning-rate is '2,5e-5'")]
    [DataRow("--learning-rate -1e-3", "--learning-rate is '-1e-3'")]
    [DataRow("--learning-rate 1e999", "--learning-rate is '1e999'")]
    [DataRow("--warmup -0.1", "--warmup is '-0.1'; it must be a share from 0 to below 1, or a whole number of steps.")]
    [DataRow("--warmup 1.5", "--warmup is '1.5'")]
    [DataRow("--weight-decay -1", "--weight-decay is '-1'")]
    [DataRow("--fraction 0", "--fraction is '0'; it must be a number above 0 and at most 1.")]
    [DataRow("--fraction 1.01", "--fraction is '1.01'")]
    [DataRow("--kept-entries 0", "--kept-entries is '0'; it must be a whole number from 1 on.")]
    [DataRow("--preliminary-steps 0", "--preliminary-steps is '0'")]
    [DataRow("--max-length 2", "--max-length is '2'")]
    [DataRow("--max-train-rows 0", "--max-train-rows is '0'")]
    [DataRow("--seed -1", "--seed is '-1'")]
    [DataRow("--train mpl", "--train 'mpl' is not one of all, mlp; did you mean 'mlp'?")]
    [DataRow("stray", "unexpected word 'stray'")]
    public void A_wrong_option_is_one_line_and_stops_before_any_work(string more, string message)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", more.Split(' '))).AssertFailure(2, message);
        task.AssertNothingWritten();
    }

    [TestMethod]
    [DataRow("--method", "sparsgrad", "--method 'sparsgrad' is not one of full, lora, meprop, sparsegrad, bitfit, frozen-mlp; did you mean 'sparsegrad'?")]
    [DataRow("--task", "kola", "--task 'kola' is not one of cola, sst2, mrpc, qqp, stsb, mnli, qnli, rte, wnli; did you mean 'cola'?")]
    [DataRow("--output", "", "--output is empty.")]
    public void A_wrong_name_is_told_with_the_nearest(string option, string value, string message)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", option, value)).AssertFailure(2, message);
        task.AssertNothingWritten();
    }

    [TestMethod]
    public void A_missing_option_and_an_unknown_command_are_named()
    {
        CommandRun.Of("train", "--model", "x").AssertFailure(2, "--task");
        CommandRun.Of("trian").AssertFailure(2, "unknown command 'trian'; did you mean 'train'?");
    }

    [TestMethod]
    public void Numbers_are_read_and_written_as_in_code_in_every_culture()
    {
        using var task = new TinyTask();
        using var foreign = new ForeignCulture();
        CommandRun run = CommandRun.Of(task.Train("full", "--device", "no such device", "--learning-rate", "2.5e-5"));
        run.AssertFailure(1, "No Vulkan device matches 'no such device'. There are: 0: ");
        Assert.Contains("learning-rate 2.5E-05, ", run.Output);
        task.AssertNothingWritten();
    }

    [TestMethod]
    public void Help_says_defaults_and_gives_an_example()
    {
        CommandRun run = CommandRun.Of("train", "--help");
        run.AssertSuccess();
        Assert.Contains("vksparsegrad train --model ./all-MiniLM-L6-v2 --task sst2", run.Output);
        foreach (string part in (string[])["[default: 0.0001]", "--preliminary-steps <n>", "[default: 10]", "[default: 128", "--reset-head", "--literal-special-tokens", "<full|lora|meprop|sparsegrad|bitfit|frozen-mlp>"])
            Assert.Contains(part, run.Output);
    }

    [TestMethod]
    public void No_arguments_show_what_there_is()
    {
        CommandRun run = CommandRun.Of();
        run.AssertSuccess();
        foreach (string command in (string[])["train", "evaluate", "predict", "devices", "conformance", "demo"])
            Assert.Contains(command, run.Output);
    }
}
