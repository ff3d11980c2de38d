using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>Trains as another task does, and validates as it is told.</summary>
internal sealed class ScriptedTask(ITrainingTask task) : ITrainingTask
{
    private int _step, _epoch;

    /// <summary>What an epoch's validation gives, by the number of the validation from 1.</summary>
    public Func<int, Validation> Validations { get; init; } = _ => throw new NotSupportedException();

    /// <summary>Called before a step, with its number from 1.</summary>
    public Action<int> BeforeStep { get; init; } = _ => { };

    /// <summary>The first step whose loss is not a number; 0 for none.</summary>
    public int FirstNaN { get; init; }

    public ITrainableNetwork Network => task.Network;

    public Tensor Loss(Tensor images, IReadOnlyList<Tensor> targets)
    {
        BeforeStep(++_step);
        return Loss(Network.Module.call(images), targets);
    }

    public Tensor Loss(Tensor[] heads, IReadOnlyList<Tensor> targets)
    {
        var loss = task.Loss(heads, targets);
        return FirstNaN > 0 && _step >= FirstNaN ? loss * double.NaN : loss;
    }

    public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation) => Validations(++_epoch);
}
