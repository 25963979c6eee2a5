// Trains inside a host's own Vulkan device, a few milliseconds a frame, as a game would.
// FrameBudget MODEL STEPS [full]: a Hugging Face folder, the number of training steps to do, the method (else SparseGrad).
using System.Diagnostics;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Samples.FrameBudget;
using VkSparseGrad.Training;

var frame = TimeSpan.FromMilliseconds(16);
var budget = TimeSpan.FromMilliseconds(4);
int steps = int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture);
TrainingMethod method = args is [_, _, "full"] ? TrainingMethod.Full : TrainingMethod.SparseGrad;

using var host = new Host();
using (VulkanDevice device = VulkanDevice.FromHost(
    host.Lend(), new DeviceOptions { TargetSubmissionTime = TimeSpan.FromMilliseconds(2) }))
{
    using var kernels = new VulkanKernels(device);
    using BertCheckpoint checkpoint = BertCheckpoint.Open(args[0], labels: 2, resetHead: true);
    using var model = new BertClassifier(kernels, checkpoint.Config, checkpoint);
    TokenizedExample[] examples = RandomExamples.Make(checkpoint.Config, 16 * steps);
    var options = new TrainingOptions { Method = method, BatchSize = 4, PreliminarySteps = 2, LearningRate = 1e-4 };
    using var trainer = new Trainer(model, examples, options);

    // Behind the loading screen: the first steps compile pipelines, and with SparseGrad find the bases.
    while (trainer.CompletedSteps == 0)
    {
        trainer.Step();
    }

    var calls = new List<TimeSpan>();
    while (trainer.CompletedSteps < steps)
    {
        long start = Stopwatch.GetTimestamp();
        host.Render();
        long called = Stopwatch.GetTimestamp();
        StepResult? done = trainer.Step(budget);
        calls.Add(Stopwatch.GetElapsedTime(called));
        if (done is StepResult result)
        {
            Console.WriteLine($"step {result.Step}: loss {result.Loss:0.0000} in frame {calls.Count}");
        }

        TimeSpan left = frame - Stopwatch.GetElapsedTime(start);
        Thread.Sleep(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    calls.Sort();
    Console.WriteLine(
        $"{steps - 1} steps in {calls.Count} frames; a call took {calls[calls.Count / 2].TotalMilliseconds:0.0} ms in the middle, " +
        $"{calls[^1].TotalMilliseconds:0.0} ms at most, of a budget of {budget.TotalMilliseconds:0} ms");
}

host.Render();
host.Dispose();
Console.WriteLine($"the host closed its device; validation {host.Verdict}");
return Host.Faults;
