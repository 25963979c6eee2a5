using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Demo;

/// <summary><c>vksparsegrad demo</c>: a real BERT and a generated task, through the same path as <c>train</c>.</summary>
internal static class DemoCommand
{
    private const string Output = "vksparsegrad-demo";
    private const ulong TaskSeed = 1;

    // Small batches, for 220 updates in a minute and a half: fewer do not get far past the plateau at a loss
    // of 0.69, where the model has yet to find out what grammar is, and a higher rate may throw it back there.
    private static readonly TrainingOptions Settings = new()
    {
        BatchSize = 8,
        LearningRate = 2e-4,
        Warmup = 0.1,
    };

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        Option<string> device = SharedOptions.Device();
        var command = new Command(
            "demo", $"Fine-tunes a real BERT, all-MiniLM-L6-v2, with SparseGrad on a small generated task: two to three minutes on two free CPU cores. The result goes to ./{Output}.")
        {
            device,
        };
        command.SetAction(result =>
        {
            Run(terminal, result.GetValue(device), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Run(Terminal terminal, string? device, CancellationToken cancellation)
    {
        terminal.Output.WriteLine(
            "This fine-tunes all-MiniLM-L6-v2, a real pre-trained BERT of 22.7 million parameters, with SparseGrad on Vulkan.");
        terminal.Output.WriteLine(
            "It learns to tell good English from bad on generated sentences, half of whose nouns and verbs in the dev split it never saw in training.");
        string model = DemoModel.Prepare();
        string data = UserCache.Folder("acceptability");
        AcceptabilityTask.Generate(TaskSeed).Write(data);
        var settings = new TrainSettings
        {
            Model = model,
            Task = GlueTasks.Cola,
            Data = data,
            Output = Output,
            Overwrite = true,
            Device = device,
            MaxTrainRows = 1760,
            Training = Settings,
        };
        SavedTrainRun.Execute(settings, terminal, cancellation);
        terminal.Output.WriteLine("It is an ordinary Hugging Face model folder, with the adapter, metrics.json and a log of every step beside it.");
        terminal.Output.WriteLine("To compare, train the same in full (./run.sh in the repository stands for vksparsegrad):");
        terminal.Output.WriteLine(FormattableString.Invariant(
            $"  vksparsegrad train --model {model} --task cola --data {data} --method full --max-train-rows {settings.MaxTrainRows} --batch-size {Settings.BatchSize} --learning-rate {Settings.LearningRate} --warmup {Settings.Warmup} --output ./{Output}-full"));
    }
}
