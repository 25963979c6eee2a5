// Fine-tunes a BERT classifier on CoLA with SparseGrad.
// FineTune MODEL DATA OUTPUT: a Hugging Face folder with vocab.txt, a folder with CoLA's files, a folder to write to.
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

GlueTask task = GlueTasks.Cola;
using VulkanDevice device = VulkanDevice.Open();
using var kernels = new VulkanKernels(device);
using BertCheckpoint checkpoint = BertCheckpoint.Open(args[0], task.Outputs, resetHead: true);
using var model = new BertClassifier(kernels, checkpoint.Config, checkpoint);
var tokenizer = WordPieceTokenizer.Load(args[0]);
TokenizedExample[] train = Load(GlueSplit.Train), dev = Load(GlueSplit.Dev);

using var trainer = new Trainer(model, train, new TrainingOptions { LearningRate = 3e-4 });
while (!trainer.IsFinished)
{
    StepResult step = trainer.Step();
    Console.WriteLine($"{step.Phase} {step.Step}/{step.TotalSteps}: loss {step.Loss:0.0000}");
}

double? score = task.Metrics[0].Compute(Evaluation.Predictions(model, dev), [.. dev.Select(example => example.Label!.Value)]);
Console.WriteLine($"{task.Metrics[0]} {score:0.0000} on {device.Info.Name}");
HuggingFaceFolder.SaveBert(checkpoint, args[2], model.ReadWeight);

TokenizedExample[] Load(GlueSplit split) =>
[
    .. GlueDataset.Load(args[1], task, split).Examples.Select(example =>
    {
        TokenizedText text = tokenizer.Encode(example.Text, example.Pair, Math.Min(128, checkpoint.Config.LongestSequence));
        return new TokenizedExample(text.Ids, text.TokenTypes, example.Label);
    }),
];
