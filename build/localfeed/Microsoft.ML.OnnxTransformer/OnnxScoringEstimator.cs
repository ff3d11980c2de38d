using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Scores an ONNX model, one run for each row.</summary>
public sealed class OnnxScoringEstimator : TrivialEstimator<OnnxTransformer>
{
    internal OnnxScoringEstimator(IHostEnvironment env, OnnxTransformer transformer)
        : base(Contracts.CheckValue(env, nameof(env)).Register(nameof(OnnxTransformer)), transformer)
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        foreach (var name in Transformer.Inputs)
        {
            if (!inputSchema.TryFindColumn(name, out var column))
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name);
            var expected = Transformer.Model.GetInput(name).Type.GetItemType();
            if (!column.ItemType.Equals(expected))
            {
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name,
                    expected.ToString(), column.ItemType.ToString());
            }
        }

        // Neither slot names nor the renaming of "X.output" are foreseen here, as in the real package.
        return inputSchema.With(Transformer.Outputs.Select(name =>
        {
            var type = Transformer.Model.GetOutput(name).Type;
            var kind = type is VectorDataViewType { IsKnownSize: true }
                ? SchemaShape.Column.VectorKind.Vector
                : SchemaShape.Column.VectorKind.VariableVector;
            return new SchemaShape.Column(name, kind, type.GetItemType(), isKey: false);
        }));
    }
}
