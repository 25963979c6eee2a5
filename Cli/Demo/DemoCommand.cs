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

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        Option<string> device = Options.Text(
            "--device", "Index or part of the name of the Vulkan device, see 'vksparsegrad devices'.", "device", required: false);
        var command = new Command(
            "demo", $"Fine-tunes a real BERT, all-MiniLM-L6-v2, with SparseGrad on a small generated task: about two minutes on two CPU cores. The result goes to ./{Output}.")
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
            MaxTrainRows = 1600,
            Training = new TrainingOptions { LearningRate = 3e-4 },
        };
        new TrainRun(settings, terminal, cancellation).Execute();
        terminal.Output.WriteLine(
            $"Next: compare with full fine-tuning (here 'vksparsegrad' is ./run.sh in the repository):");
        terminal.Output.WriteLine(
            $"  vksparsegrad train --model {model} --task cola --data {data} --method full --max-train-rows {settings.MaxTrainRows} --learning-rate 3e-4 --output ./{Output}-full");
    }
}
