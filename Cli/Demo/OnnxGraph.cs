using Google.Protobuf;

namespace VkSparseGrad.Cli.Demo;

/// <summary>The nodes and float initializers of an ONNX model, parsed by field number without reading the weights.</summary>
internal sealed class OnnxGraph
{
    // Field numbers of onnx.proto.
    private const int ModelGraph = 7;
    private const int GraphNode = 1;
    private const int GraphInitializer = 5;
    private const int NodeInput = 1;
    private const int NodeOutput = 2;
    private const int NodeOperator = 4;
    private const int TensorDimensions = 1;
    private const int TensorDataType = 2;
    private const int TensorFloatData = 4;
    private const int TensorName = 8;
    private const int TensorRawData = 9;
    private const int DataTypeFloat = 1;

    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxTensor> _floats = [];

    private OnnxGraph()
    {
    }

    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    public IReadOnlyList<OnnxTensor> Floats => _floats;

    /// <summary>Parses the model that lies in a part of a file.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are not a protocol buffer message.</exception>
    public static OnnxGraph Parse(Stream file, long position, int length)
    {
        var graph = new OnnxGraph();
        file.Position = position;
        using var input = new CodedInputStream(file, leaveOpen: true);
        ForEachField(input, length, modelField =>
        {
            if (modelField != ModelGraph)
                return false;
            ForEachField(input, input.ReadLength(), graphField => graph.ReadGraphField(input, graphField));
            return true;
        });
        return graph;
    }

    private bool ReadGraphField(CodedInputStream input, int field)
    {
        switch (field)
        {
            case GraphNode:
                _nodes.Add(ReadNode(input));
                return true;
            case GraphInitializer:
                if (ReadTensor(input) is { } tensor)
                    _floats.Add(tensor);
                return true;
            default:
                return false;
        }
    }

    private static OnnxNode ReadNode(CodedInputStream input)
    {
        string kind = "";
        var inputs = new List<string>();
        var outputs = new List<string>();
        ForEachField(input, input.ReadLength(), field =>
        {
            switch (field)
            {
                case NodeInput:
                    inputs.Add(input.ReadString());
                    return true;
                case NodeOutput:
                    outputs.Add(input.ReadString());
                    return true;
                case NodeOperator:
                    kind = input.ReadString();
                    return true;
                default:
                    return false;
            }
        });
        return new OnnxNode(kind, inputs, outputs);
    }

    /// <summary>Reads an initializer; null if its elements are not 32-bit floats.</summary>
    private static OnnxTensor? ReadTensor(CodedInputStream input)
    {
        string name = "";
        var shape = new List<long>();
        int type = 0;
        (long Start, long End) payload = default;
        ForEachField(input, input.ReadLength(), field =>
        {
            switch (field)
            {
                case TensorDimensions:
                    shape.Add(input.ReadInt64());
                    return true;
                case TensorDataType:
                    type = input.ReadInt32();
                    return true;
                case TensorName:
                    name = input.ReadString();
                    return true;
                case TensorRawData or TensorFloatData:
                    // Both hold little-endian floats behind a length; where they begin follows from the shape.
                    // Over a stream, Position is the stream's own.
                    long start = input.Position;
                    input.SkipLastField();
                    payload = (start, input.Position);
                    return true;
                default:
                    return false;
            }
        });
        if (type != DataTypeFloat)
            return null;
        var tensor = new OnnxTensor(name, [.. shape], 0);
        int bytes = checked(tensor.ElementCount * sizeof(float));
        if (payload.End - payload.Start != CodedOutputStream.ComputeLengthSize(bytes) + bytes)
            throw new DemoModelException($"the ONNX initializer '{name}' does not hold its {bytes} bytes");
        return tensor with { Position = payload.End - bytes };
    }

    /// <summary>Walks the fields of a message; whatever <paramref name="read"/> does not consume is skipped.</summary>
    private static void ForEachField(CodedInputStream input, int length, Func<int, bool> read)
    {
        long end = input.Position + length;
        while (input.Position < end)
        {
            uint tag = input.ReadTag();
            if (tag == 0)
                throw new DemoModelException("the ONNX model ends early");
            if (!read(WireFormat.GetTagFieldNumber(tag)))
                input.SkipLastField();
        }
    }
}
